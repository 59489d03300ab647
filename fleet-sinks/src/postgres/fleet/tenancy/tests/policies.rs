//! Which rows a scope sees.

use super::rig::{Rig, people, texts};
use crate::postgres::tenancy::{Scope, Scoped, SecurityRoles};

const VEHICLES: &str = "SELECT vehicle_id FROM fleet.vehicles ORDER BY 1";

/// The ids of the demo's vehicles in some territories.
fn vehicles(customer: char, territories: &[&str]) -> Vec<String> {
    let of = |territory: &&str| {
        (1..=5)
            .map(move |n| format!("v_{customer}_{territory}_{n:03}"))
            .collect::<Vec<_>>()
    };
    let mut names: Vec<_> = territories.iter().flat_map(of).collect();
    names.sort();
    names
}

#[tokio::test]
async fn people_see_the_rows_of_their_roles_and_no_others() {
    let Some(rig) = Rig::new().await else { return };
    let all = ["c1", "c2", "e1", "e2", "w1", "w2"];
    let roles = [
        "fleet_territory_manager",
        "fleet_regional_manager",
        "fleet_admin",
    ];
    let seen: [&[&str]; 3] = [&["w1"], &["w1", "w2"], &all];
    for ((role, scope), territories) in roles.into_iter().zip(people()).zip(seen) {
        let database = rig.member_of(role).await;
        let scoped = Scoped::begin(&database, scope).await.unwrap();
        assert_eq!(
            texts(&scoped, VEHICLES).await,
            vehicles('a', territories),
            "{role}"
        );
        scoped.commit().await.unwrap();
    }
    let both = Scope::of("customer_a")
        .and_of("customer_b")
        .with_roles(["ADMIN_all"]);
    let database = rig.member_of("fleet_admin").await;
    let scoped = Scoped::begin(&database, both).await.unwrap();
    let expected = [vehicles('a', &all), vehicles('b', &all)].concat();
    assert_eq!(texts(&scoped, VEHICLES).await, expected);
}

#[tokio::test]
async fn roles_are_compared_whole_and_without_one_nothing_is_seen() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(
        "INSERT INTO fleet.vehicles (tenant, vehicle_id, access_roles) VALUES
            ('customer_a', 'ten', ',TERRITORY_west_10,'), ('customer_a', 'nobody', ','),
            ('customer_a', 'wild', ',territory%,'), ('customer_a', 'spaced', ', territory_west_10 ,')",
    )
    .await;
    let database = rig.member_of("fleet_regional_manager").await;
    for (roles, expected) in [
        (vec!["territory_west_10"], vec!["spaced", "ten"]),
        (vec!["territory_west"], vec![]),
        (vec!["territory_"], vec![]),
        (vec![""], vec![]),
        (vec![","], vec![]),
        (vec![], vec![]),
    ] {
        let scope = Scope::of("customer_a").with_roles(roles.iter().copied());
        let scoped = Scoped::begin(&database, scope).await.unwrap();
        assert_eq!(texts(&scoped, VEHICLES).await, expected, "{roles:?}");
    }
}

#[tokio::test]
async fn a_row_without_roles_is_seen_with_its_vehicle_and_one_with_its_own_by_those() {
    let Some(rig) = Rig::new().await else { return };
    rig.run(
        "INSERT INTO fleet.telemetry (tenant, vehicle_id, time, status, access_roles) VALUES
            ('customer_a', 'v_a_w1_001', '2026-01-01Z', 'as its vehicle', NULL),
            ('customer_a', 'v_a_w1_001', '2026-01-01Z', 'of the east', ',region_east,'),
            ('customer_a', 'v_a_w1_001', '2026-01-01Z', 'of nobody', ','),
            ('customer_a', 'unknown', '2026-01-01Z', 'of an unknown vehicle', NULL),
            ('customer_b', 'v_a_w1_001', '2026-01-01Z', 'of another tenant', ',region_east,territory_west_1,')",
    )
    .await;
    let database = rig.member_of("fleet_regional_manager").await;
    for (role, expected) in [
        ("territory_west_1", ["as its vehicle"]),
        ("region_east", ["of the east"]),
    ] {
        let scope = Scope::of("customer_a").with_roles([role]);
        let scoped = Scoped::begin(&database, scope).await.unwrap();
        assert_eq!(
            texts(&scoped, "SELECT status FROM fleet.v_telemetry").await,
            expected
        );
    }
}

#[tokio::test]
async fn a_scope_ends_with_its_transaction_and_without_one_nothing_is_seen() {
    let Some(rig) = Rig::new().await else { return };
    let database = rig.member_of("fleet_admin").await;
    let count = async || {
        // The pool reuses the connection that was returned last.
        let connection = database.connection().await.unwrap();
        let asked = connection
            .client()
            .query_one("SELECT count(*) FROM fleet.vehicles", &[]);
        connection
            .run("count in", asked)
            .await
            .unwrap()
            .get::<_, i64>(0)
    };
    assert_eq!(count().await, 0);
    let [_, _, admin] = people();
    let scoped = Scoped::begin(&database, admin.clone()).await.unwrap();
    assert_eq!(texts(&scoped, VEHICLES).await.len(), 30);
    scoped.commit().await.unwrap();
    assert_eq!(count().await, 0);
    drop(Scoped::begin(&database, admin).await.unwrap());
    assert_eq!(count().await, 0);
    // After a local setting a session has an empty text instead of null.
    let connection = database.connection().await.unwrap();
    let set = "BEGIN; SET LOCAL fleet.tenants = '{customer_a}'; SET LOCAL fleet.roles = '{admin_all}'; COMMIT";
    connection.client().batch_execute(set).await.unwrap();
    let after = connection
        .client()
        .query("SELECT FROM fleet.vehicles", &[])
        .await
        .unwrap();
    assert!(after.is_empty());
}

#[tokio::test]
async fn which_roles_am_i_is_answered_by_the_server() {
    let Some(rig) = Rig::new().await else { return };
    let database = rig.member_of("fleet_regional_manager").await;
    let scope = Scope::of("a \"b\"")
        .and_of("{}")
        .with_roles(["X,y", "Zé"])
        .as_user("o'neil");
    let scoped = Scoped::begin(&database, scope).await.unwrap();
    let found = scoped.current_security_roles().await.unwrap();
    let login = texts(&scoped, "SELECT current_user::text").await.remove(0);
    let expected = SecurityRoles {
        tenants: vec!["a \"b\"".into(), "{}".into()],
        roles: vec!["x,y".into(), "zé".into()],
        user: Some("o'neil".into()),
        database_role: login,
    };
    assert_eq!(found, expected);
}

#[tokio::test]
async fn questions_about_one_vehicle_of_several_tenants_are_refused() {
    let Some(rig) = Rig::new().await else { return };
    let database = rig.member_of("fleet_admin").await;
    let both = Scope::of("customer_a").and_of("customer_b");
    let scoped = Scoped::begin(&database, both).await.unwrap();
    let car = "v_a_w1_001".parse().unwrap();
    let error = crate::postgres::queries::latest(&scoped, &car)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("several tenants"), "{error}");
}
