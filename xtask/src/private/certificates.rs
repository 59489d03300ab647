//! Certificates for one server, made by `openssl` and removed with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::Account;
use super::process::output;

/// The configuration of `openssl`, so that the one of the machine does not matter.
const CONFIG: &str = "[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = localhost\n\
    [authority]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
    [server]\nbasicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\nsubjectAltName = DNS:localhost\n";

/// The certificates of a server with TLS, as PEM files. Its own is for the name `localhost` alone.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority that signed the certificate of the server: a client should trust it.
    pub authority: PathBuf,
    /// An authority that signed nothing for this server: a client that trusts it must be refused.
    pub other_authority: PathBuf,
}

impl Certificates {
    /// Makes two authorities, and `server.crt` with `server.key` from the first, in `folder`.
    pub(crate) fn make(folder: &Path, account: Account) -> Result<Self, String> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))
        };
        write("openssl.cnf", CONFIG)?;
        let openssl = |line: &str| {
            let mut openssl = Command::new("openssl");
            openssl.current_dir(folder).args(line.split_whitespace());
            output(&mut openssl).map(drop)
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config openssl.cnf";
        for authority in ["authority", "other"] {
            openssl(&format!(
                "req -x509 {key} -extensions authority -subj /CN={authority} -days 2 \
                 -keyout {authority}.key -out {authority}.crt"
            ))?;
        }
        openssl(&format!("req {key} -keyout server.key -out server.csr"))?;
        openssl(
            "x509 -req -in server.csr -CA authority.crt -CAkey authority.key -CAcreateserial \
             -extfile openssl.cnf -extensions server -days 2 -out server.crt",
        )?;
        // The server refuses a key that others can read; openssl made it 0600.
        account.give(&folder.join("server.key"))?;
        Ok(Self {
            authority: folder.join("authority.crt"),
            other_authority: folder.join("other.crt"),
        })
    }
}
