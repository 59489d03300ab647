//! Decoding: from the bytes of a chunk to events, by dialect.

use criterion::{Criterion, Throughput, criterion_group};
use fleet_core::{
    Decode, Offset, checkpoint::Fates, decode::Entry, dialect::VehicleOps, source::Chunk,
};

/// A chunk of about 256 KiB.
fn chunk(lines: usize) -> Chunk {
    let mut bytes = Vec::new();
    for line in 0..lines {
        let text = format!(
            "{{\"vehicle_id\":\"fleet-001-VH-{:03}\",\"fleet_id\":\"fleet-001\",\"latitude\":4.711{line:03},\
             \"longitude\":-74.0721{line:03},\"speed_kmh\":42.5,\"battery_pct\":78.0,\"engine_temp_c\":72.3,\
             \"load_pct\":65.0,\"status\":\"MOVING\",\"timestamp\":\"2024-02-15T14:32:18.500000+00:00\"}}\n",
            line % 200
        );
        bytes.extend_from_slice(text.as_bytes());
    }
    Chunk {
        bytes,
        start: Offset(0),
        ..Chunk::default()
    }
}

fn vehicleops(criterion: &mut Criterion) {
    let lines = 1_000;
    let chunk = chunk(lines);
    let dialect = VehicleOps::default();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(lines as u64));
    group.bench_function("vehicleops", |bencher| {
        let (mut rows, mut fates) = (Vec::new(), Fates::default());
        bencher.iter(|| {
            rows.clear();
            dialect.decode(chunk.clone(), &mut Entry::new(&mut rows, &mut fates));
            assert_eq!(rows.len(), lines);
        });
    });
    group.finish();
}

criterion_group! { name = group; config = super::settings::criterion(); targets = vehicleops }
