//! Single parts of the library, measured by criterion; one module per subject.
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot run should stop at once"
)]

mod decode;
mod engine;
mod settings;
mod simulators;

criterion::criterion_main!(decode::group, engine::group, simulators::group);
