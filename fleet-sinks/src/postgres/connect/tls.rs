//! TLS by rustls. Certificates and host names are always verified.

use std::{path::Path, sync::Arc};

use fleet_core::Result;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls_improved::MakeRustlsConnect;

use super::error::ConnectError;

/// The connector for TLS 1.2 and 1.3.
///
/// Certificates are verified against `ca_file` alone if it is given, otherwise against the
/// authorities that the operating system trusts.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<MakeRustlsConnect> {
    let roots = match ca_file {
        Some(file) => of_file(file)?,
        None => of_system()?,
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| ConnectError::Tls(cause.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn of_file(file: &Path) -> Result<RootCertStore> {
    let refused = |reason: String| ConnectError::Authorities {
        file: file.display().to_string(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    let read = |cause: rustls::pki_types::pem::Error| refused(cause.to_string());
    for authority in CertificateDer::pem_file_iter(file).map_err(read)? {
        roots
            .add(authority.map_err(read)?)
            .map_err(|cause| refused(cause.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("it holds no certificate in PEM".to_owned()).into());
    }
    Ok(roots)
}

fn of_system() -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // Authorities that cannot be parsed are skipped; servers that they signed are refused later.
    let (known, _) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if known == 0 {
        return Err(ConnectError::NoAuthorities.into());
    }
    Ok(roots)
}
