//! An ingesting login with a store and tables of the migrations, under its rights and policies.

use fleet_core::{
    EventTime, Offset, Partition, TableRow, VehicleId,
    checkpoint::{CheckpointStore, Committed},
    event::{Alert, Telemetry},
    row::Row,
    sink::TransactionalSink,
    table::{Column, Fields, Value},
    testing::conformance::sealed,
    units::Speed,
};

use crate::postgres::{
    Database, PostgresOptions, PostgresStore, TableOptions, WriteMode,
    fleet::tenancy::tests::rig::Rig,
};

/// The state of a vehicle, with the columns of the table.
struct State(Telemetry);

impl TableRow for State {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("last_seen_ts"),
                Column::real("speed_kmh").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.0.vehicle().as_str()));
        to.put(Value::Time(self.0.at()));
        to.put(Value::real_or_null(self.0.speed().map(Speed::as_kmh)));
    }
}

fn event(vehicle: &str, second: i64, kmh: f64) -> Telemetry {
    let vehicle = VehicleId::new(vehicle).unwrap();
    let at = EventTime::from_micros((1_700_000_000 + second) * 1_000_000);
    Telemetry::new(vehicle, at).with_speed(Speed::from_kmh(kmh))
}

fn rows<T>(events: &[Telemetry], each: impl Fn(Telemetry) -> T) -> Vec<Row<T>> {
    let row = |event: &Telemetry| Row::detached(event.at(), Offset(0), each(event.clone()));
    events.iter().map(row).collect()
}

#[tokio::test]
async fn an_ingesting_login_commits_rows_of_its_tenant_with_their_position() {
    let Some(rig) = Rig::new().await else {
        return;
    };
    let database = rig.member_of("fleet_ingest").await;
    let asked = database.connection().await.unwrap();
    let login = asked
        .client()
        .query_one("SELECT current_user::text", &[])
        .await;
    let login: String = login.unwrap().get(0);
    rig.run(&format!(
        "ALTER ROLE {login} SET fleet.tenants = '{{customer_a}}'"
    ))
    .await;
    // Only a new session has the setting.
    let url = rig.scratch.url_as(&login, "secret");
    let database = Database::connect(&url, PostgresOptions::default())
        .await
        .unwrap();

    let mut store = PostgresStore::open(&database, "demo").await.unwrap();
    let newest = TableOptions {
        mode: WriteMode::Latest {
            key: &["vehicle_id"],
            time: "last_seen_ts",
        },
        ..TableOptions::default()
    };
    let mut history = store.table::<Telemetry>("fleet.telemetry").await.unwrap();
    let mut state = store
        .table_with::<State>("fleet.vehicle_state", newest)
        .await
        .unwrap();
    store.table::<Alert>("fleet.alerts").await.unwrap();

    let partition = Partition::from("p/0");
    let claim = store.claim(&partition).await.unwrap();
    let events = [
        event("car-1", 2, 50.0),
        event("car-2", 1, 40.0),
        event("car-1", 1, 30.0),
    ];
    let mut tx = store.begin().await.unwrap();
    let outcome = history
        .write(&mut tx, &rows(&events, |event| event))
        .await
        .unwrap();
    assert!(outcome.rejected.is_empty(), "{outcome:?}");
    let outcome = state.write(&mut tx, &rows(&events, State)).await.unwrap();
    assert!(outcome.rejected.is_empty(), "{outcome:?}");
    let committed = store
        .commit(tx, &[sealed(&partition, &claim, 1)])
        .await
        .unwrap();
    assert_eq!(committed, Committed::Done);

    let found = "SELECT concat_ws(' ', tenant, vehicle_id, speed_kmh) FROM fleet.telemetry
         WHERE vehicle_id LIKE 'car-%' ORDER BY 1";
    let expected = [
        "customer_a car-1 30",
        "customer_a car-1 50",
        "customer_a car-2 40",
    ];
    assert_eq!(rig.scratch.texts(found).await, expected);
    let found = "SELECT concat_ws(' ', tenant, vehicle_id, speed_kmh) FROM fleet.vehicle_state
         WHERE vehicle_id LIKE 'car-%' ORDER BY 1";
    assert_eq!(
        rig.scratch.texts(found).await,
        ["customer_a car-1 50", "customer_a car-2 40"]
    );
}
