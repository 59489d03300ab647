//! What the nodes of one broker need before they can start: ports, keys, properties, and formatted
//! folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use super::java::java;
use super::options::{Options, Tls};
use super::security::Access;
use super::settings::{Ports, properties};
use crate::private::port;
use crate::private::process::output;

/// The id of the cluster: any id will do, because each broker stands alone.
const CLUSTER: &str = "Zmxl-GVldC1wcml2YXRlLQ";

/// The nodes of a broker, ready to start.
#[derive(Debug)]
pub(super) struct Cluster {
    /// The folders of the nodes, in order.
    pub(super) folders: Vec<PathBuf>,
    pub(super) ports: Vec<Ports>,
    pub(super) access: Access,
}

impl Cluster {
    /// Makes the folders of the nodes in `folder`.
    pub(super) fn create(folder: &Path, options: Options) -> Result<Self, String> {
        let access = match options.tls {
            Tls::On => Access::make(folder)?,
            Tls::Off => Access::none()?,
        };
        let numbers = || options.nodes.numbers();
        let ports = numbers().map(|_| ports()).collect::<Result<Vec<_>, _>>()?;
        let folders: Vec<_> = numbers()
            .map(|number| node_folder(folder, number))
            .collect();
        for (number, folder) in numbers().zip(&folders) {
            let kind = (options.nodes, options.tls);
            let text = properties(kind, (number, folder), &ports, &access);
            let file = folder.join("server.properties");
            fs::create_dir(folder)
                .and_then(|()| fs::write(&file, text.unwrap_or_default()))
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        // At once, because each takes seconds.
        let scram = (options.tls == Tls::On).then(|| access.scram());
        let formatted: Result<(), String> = thread::scope(|scope| {
            let all: Vec<_> = { folders.iter() }
                .map(|folder| {
                    scope.spawn(|| format(folder, scram.as_ref().map(<[String; 2]>::as_slice)))
                })
                .collect();
            all.into_iter()
                .try_for_each(|one| one.join().map_err(|_| "a format failed")?)
        });
        formatted?;
        Ok(Self {
            folders,
            ports,
            access,
        })
    }

    /// The plain address of all nodes, for `bootstrap.servers`.
    pub(super) fn address(&self) -> String {
        self.list("127.0.0.1", |ports| ports.plain)
    }

    /// The address of all nodes at one of their ports.
    pub(super) fn list(&self, host: &str, port: impl Fn(&Ports) -> u16) -> String {
        let all = self
            .ports
            .iter()
            .map(|ports| format!("{host}:{}", port(ports)));
        all.collect::<Vec<_>>().join(",")
    }
}

/// The folder of a node in that of its broker.
pub(super) fn node_folder(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("node-{number}"))
}

fn ports() -> Result<Ports, String> {
    Ok(Ports {
        plain: port::free()?,
        controller: port::free()?,
        ssl: port::free()?,
        sasl_ssl: port::free()?,
        sasl: port::free()?,
    })
}

fn format(folder: &Path, scram: Option<&[String]>) -> Result<(), String> {
    let mut format = java("kafka.tools.StorageTool")?;
    format.args(["format", "-t", CLUSTER, "-c"]);
    format.arg(folder.join("server.properties"));
    for user in scram.into_iter().flatten() {
        format.args(["--add-scram", user]);
    }
    output(&mut format).map(drop)
}
