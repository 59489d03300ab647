//! The stop signals: Ctrl-C, and the termination signal that service managers send.

/// Resolves at the first interrupt or termination signal.
pub(crate) async fn requested() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a handler, the first signal ends the process anyway.
    let _ = tokio::signal::ctrl_c().await;
}
