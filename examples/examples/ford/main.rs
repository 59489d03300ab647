//! The Ford fleet demo on Apache Kafka and PostgreSQL: one topic for each customer, written to
//! shared tables by a login that can write for this customer alone. An event that speaks for
//! another customer than its topic is a dead letter. Three users run the same query, and a plain
//! loop over the lines checks what each of them sees.
//!
//! `cargo xtask example ford` starts both servers; otherwise the example uses
//! `KAFKA_BOOTSTRAP_SERVERS` and `FLEET_POSTGRES_URL`.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod ingest;
mod plain;
mod server;

use std::{error::Error, time::Duration};

use fleet_core::dialect::Ford;
use fleet_examples::{kafka, read_to_string};
use fleet_sinks::{
    kafka::topics,
    postgres::{
        Database,
        queries::{AnomalyFilter, Slice, TimeRange, acknowledge_anomaly, anomalies, overview},
        tenancy::{self, Scope, Scoped},
    },
};
use fleet_sources::{
    Simulator,
    simulator::{FordCustomer, FordModel},
};

use ingest::ingest;
use plain::{Plain, Seen};
use server::Demo;

type Fallible<T> = Result<T, Box<dyn Error>>;

const CUSTOMERS: [FordCustomer; 2] = [FordCustomer::A, FordCustomer::B];

/// Two vehicles in each of the six territories of a customer.
const VEHICLES: u32 = 12;
const LENGTH: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Fallible<()> {
    let demo = Demo::create().await?;
    let result = run(&demo).await;
    demo.remove().await?;
    println!("ford: ok ({})", result?);
    Ok(())
}

async fn run(demo: &Demo) -> Fallible<String> {
    let brokers = kafka::brokers()?;
    let mut plain = Plain::default();
    let mut lies = simulated(FordCustomer::B).await?;
    lies.truncate(lies.find('\n').map_or(0, |end| end + 1));
    for customer in CUSTOMERS {
        let lines = simulated(customer).await?;
        plain.add(&lines)?;
        // The first event of customer B is sent to the topics of both.
        let is_lie = customer != FordCustomer::B;
        let produced = if is_lie { lies.clone() + &lines } else { lines };
        let topic = topics::ford(customer.id());
        let produced = kafka::produce(&brokers, &topic, &produced).await?;
        let database = demo.ingest(customer.id()).await?;
        let refused = ingest(&database, &brokers, customer, produced).await?;
        assert_eq!(refused, u64::from(is_lie), "{}", customer.id());
    }
    let range = plain.range()?;

    // Each user has a database role that may read, and access roles that select rows.
    let both = || Scope::of("customer_a").and_of("customer_b");
    let people = [
        (
            "territory_manager",
            both()
                .with_roles(["territory_west_1"])
                .as_user("territory_manager_1"),
        ),
        (
            "regional_manager",
            both()
                .with_roles(["region_west"])
                .as_user("regional_manager_1"),
        ),
        (
            "admin",
            both().with_roles(["admin_all"]).as_user("demo_admin"),
        ),
    ];
    let territories: [fn(&str) -> bool; 3] = [
        |territory| territory == "WEST_1",
        |territory| territory.starts_with("WEST_"),
        |_| true,
    ];
    let mut summary = Vec::new();
    for ((role, scope), territory) in people.iter().zip(territories) {
        let database = demo.reader(role).await?;
        tenancy::check(&database).await?;
        let seen = query(&database, scope.clone(), range).await?;
        assert_eq!(seen, plain.seen(territory), "{role}");
        assert!(seen.anomalies > 0 && seen.vehicles > 0);
        summary.push(format!("{role} sees {} events", seen.events));
    }
    // Without a role, or in another tenant, nothing is visible.
    let [(role, manager), (_, regional), _] = &people;
    let database = demo.reader(role).await?;
    for scope in [
        both(),
        Scope::of("vehicleops").with_roles(["territory_west_1"]),
    ] {
        assert_eq!(query(&database, scope, range).await?, Seen::default());
    }
    acknowledge(&database, manager, regional, range).await?;
    Ok(summary.join(", "))
}

async fn simulated(customer: FordCustomer) -> Fallible<String> {
    let model = FordModel::default().customer(customer);
    let options = model.options(VEHICLES).duration(LENGTH);
    Ok(read_to_string(Simulator::new(model, Ford::default(), options)?).await?)
}

/// The query: how many vehicles, events and anomalies are visible?
async fn query(database: &Database, scope: Scope, range: TimeRange) -> Fallible<Seen> {
    let scoped = Scoped::begin(database, scope).await?;
    let found = overview(&scoped, range, 60).await?.summary;
    scoped.commit().await?;
    Ok(Seen {
        vehicles: found.total_vehicles,
        active: found.active_vehicles,
        events: found.telemetry_count,
        anomalies: found.total_anomalies,
    })
}

/// One user acknowledges an anomaly in a transaction, and another user sees the acknowledgement.
async fn acknowledge(
    database: &Database,
    manager: &Scope,
    regional: &Scope,
    range: TimeRange,
) -> Fallible<()> {
    let open = |scope: Scope| async {
        let scoped = Scoped::begin(database, scope).await?;
        let open = overview(&scoped, range, 60).await?.summary;
        Ok::<_, fleet_core::Error>(open.unacknowledged_anomalies)
    };
    let before = open(regional.clone()).await?;

    // An id is unique within its tenant, so the scope names one tenant.
    let tenant = manager.tenants().next().unwrap_or_default().to_owned();
    let mine = Scope::of(tenant)
        .with_roles(manager.roles())
        .as_user(manager.user().unwrap_or_default());
    let scoped = Scoped::begin(database, mine.clone()).await?;
    let unseen = AnomalyFilter {
        acknowledged: Some(false),
        ..AnomalyFilter::default()
    };
    let page = anomalies(&scoped, &unseen, Slice::default()).await?;
    let first = page
        .items
        .first()
        .ok_or("there is no anomaly to acknowledge")?;
    let done = acknowledge_anomaly(&scoped, &first.anomaly_id).await?;
    assert_eq!(
        done.ok_or("it is gone")?.acknowledged_by,
        "territory_manager_1"
    );
    drop(scoped);
    // Dropping the transaction rolls it back.
    assert_eq!(open(regional.clone()).await?, before);

    let scoped = Scoped::begin(database, mine).await?;
    acknowledge_anomaly(&scoped, &first.anomaly_id).await?;
    scoped.commit().await?;
    assert_eq!(open(regional.clone()).await?, before - 1);
    Ok(())
}
