//! Each library compiles without features and with each single feature: features are additive, and
//! none silently needs another.

use super::dependencies::LIBRARIES;
use crate::run::{Invocation, Metadata};

/// One build for each feature, and one without features.
pub(crate) fn commands(metadata: &Metadata) -> Vec<(String, Invocation)> {
    let libraries = metadata
        .members()
        .filter(|member| LIBRARIES.contains(&member.name.as_str()));
    libraries
        .flat_map(|library| {
            let features = library.features.keys().map(String::as_str);
            commands_of(&library.name, features)
        })
        .collect()
}

fn commands_of<'a>(
    package: &str,
    features: impl Iterator<Item = &'a str>,
) -> Vec<(String, Invocation)> {
    let bare = Invocation::cargo(&format!("check -p {package} --no-default-features"));
    let mut commands = vec![(format!("{package} bare"), bare.clone())];
    for feature in features.filter(|feature| *feature != "default") {
        let alone = bare.clone().with(["--features", feature]);
        commands.push((format!("{package} {feature}"), alone));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_built_alone_and_default_is_not_a_feature() {
        let commands = commands_of("fleet-core", ["csv", "default", "driver"].into_iter());
        let lines: Vec<String> = commands.iter().map(|(_, line)| line.to_string()).collect();
        assert_eq!(
            lines,
            [
                "cargo check -p fleet-core --no-default-features",
                "cargo check -p fleet-core --no-default-features --features csv",
                "cargo check -p fleet-core --no-default-features --features driver",
            ]
        );
    }
}
