//! A database with the schema `fleet`, and logins for its roles.

use tokio_postgres::Client;

use crate::{
    postgres::{
        Database, PostgresOptions,
        migrations::{Migrations, migrate, seed_demo},
        tenancy::{Scope, Scoped},
    },
    testing::postgres::Scratch,
};

pub(in crate::postgres) struct Rig {
    pub(in crate::postgres) scratch: Scratch,
    /// A superuser's client outside the pool.
    pub(in crate::postgres) admin: Client,
}

impl Rig {
    /// With demo data. `None` without a server to test with; the test is then reported as skipped.
    pub(in crate::postgres) async fn new() -> Option<Self> {
        let scratch = Scratch::new().await?;
        let database = scratch.open().await;
        migrate(&database, Migrations::Fleet).await.unwrap();
        seed_demo(&database).await.unwrap();
        let admin = scratch.admin().await;
        Some(Self { scratch, admin })
    }

    /// A login that is a member of one role.
    pub(in crate::postgres) async fn member_of(&self, role: &str) -> Database {
        let attributes = format!("IN ROLE {role}");
        self.scratch
            .login(&attributes, PostgresOptions::default())
            .await
    }

    /// Runs statements as the superuser.
    pub(in crate::postgres) async fn run(&self, sql: &str) {
        self.admin.batch_execute(sql).await.unwrap();
    }
}

/// The three people of the described demo, in their first customer.
pub(in crate::postgres) fn people() -> [Scope; 3] {
    [
        ("territory_manager_1", "territory_west_1"),
        ("regional_manager_1", "region_west"),
        ("demo_admin", "admin_all"),
    ]
    .map(|(name, role)| Scope::of("customer_a").with_roles([role]).as_user(name))
}

/// The first column of each row of a query in a scope, as text.
pub(in crate::postgres) async fn texts(scoped: &Scoped, sql: &str) -> Vec<String> {
    scoped
        .rows("test", sql, &[], |row| row.try_get(0))
        .await
        .unwrap()
}
