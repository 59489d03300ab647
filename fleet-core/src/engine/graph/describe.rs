//! Descriptions of a graph: as a diagram, and as the text that snapshots are checked against.

use std::fmt::Write as _;

use super::{Graph, Node, is_of_late, node::Shape};
use crate::{
    data::{Error, ErrorKind, Result},
    engine::entries::MAX_NODES,
    event::Event,
};

impl<E: Event> Graph<E> {
    /// Renders the graph as a Mermaid flow chart.
    ///
    /// # Examples
    /// ```
    /// # use fleet_core::{Graph, event::Telemetry};
    /// let (mut graph, events) = Graph::<Telemetry>::new();
    /// graph.map("ids", events, |event| event.vehicle().clone());
    /// assert_eq!(graph.mermaid(), "flowchart LR\n  s0([events])\n  s0 --> s1[ids]\n");
    /// ```
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n  s0([events])\n");
        if self.reads_late() {
            text.push_str("  late([late events])\n");
        }
        for shape in self.nodes.iter().map(|node| node.shape()) {
            let Shape {
                name,
                from,
                to,
                state,
                ..
            } = &shape;
            // A node with state is a rounded box, one without is a square box.
            let (open, close) = if state.is_some() {
                ("(", ")")
            } else {
                ("[", "]")
            };
            for from in from {
                let from = match *from {
                    slot if is_of_late(slot) => "late".into(),
                    slot => format!("s{slot}"),
                };
                // Writing to a string cannot fail.
                let _ = writeln!(text, "  {from} --> s{to}{open}{name}{close}");
            }
        }
        text
    }

    /// The names of the nodes, in the order in which they were added.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| node.shape().name)
    }

    /// The structure of the graph: everything that decides whether a saved state still fits, but no
    /// thresholds.
    pub(crate) fn fingerprint(&self) -> String {
        let mut text = String::new();
        for (number, shape) in (1..).zip(self.nodes.iter().map(|node| node.shape())) {
            let _ = writeln!(text, "{}", line(number, &shape));
        }
        text
    }

    /// Refuses nodes that keep state for a key.
    pub(crate) fn check_stateless(&self) -> Result<()> {
        let mut shapes = self.nodes.iter().map(|node| node.shape());
        let Some(keyed) = shapes.find(|shape| shape.state.is_some()) else {
            return Ok(());
        };
        let message = format!(
            "node `{}` keeps state for each key, but rows of one key come to any reader of a queue, \
             in any order: write the rows to a log first, and apply the node to that",
            keyed.name
        );
        Err(Error::new(ErrorKind::Config, message))
    }

    /// The differences between the structure that a state was saved under and the current one,
    /// except those that a node accepts; `None` if there are no others.
    pub(crate) fn difference(&self, saved: &str, now: &str) -> Option<String> {
        let (mut removed, mut added): (Vec<_>, Vec<_>) = (
            saved.lines().filter(|line| !has(now, line)).collect(),
            now.lines().filter(|line| !has(saved, line)).collect(),
        );
        let earlier = earlier_descriptions(&self.nodes, saved);
        for (number, (node, earlier)) in (1..).zip(self.nodes.iter().zip(earlier)) {
            if let Some(earlier) = earlier.filter(|earlier| node.accepts(earlier)) {
                let shape = node.shape();
                let (then, now) = (head(number, &shape) + earlier, line(number, &shape));
                removed.retain(|line| *line != then);
                added.retain(|line| *line != now);
            }
        }
        let removed = removed.into_iter().map(|line| format!("- {line}"));
        let added = added.into_iter().map(|line| format!("+ {line}"));
        let lines: Vec<_> = removed.chain(added).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }

    /// Fails if two nodes have the same name, because their results would share ids, if a node
    /// reads a stream of another graph, if one with state reads late events, or if there are too
    /// many nodes.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |message: String| Err(Error::new(ErrorKind::Config, message));
        if let Some(name) = &self.foreign {
            return wrong(format!("node `{name}` reads a stream of another graph"));
        }
        if let Some(name) = &self.unordered {
            return wrong(format!(
                "node `{name}` keeps state, but reads late events, which have no order: give it \
                 another stream, and bind the late events to a sink, if need be through steps \
                 without state"
            ));
        }
        if self.nodes.len() > usize::from(MAX_NODES) {
            let count = self.nodes.len();
            return wrong(format!(
                "the graph has {count} nodes, more than the {MAX_NODES} that a snapshot can tell \
                 apart: split it into several pipelines"
            ));
        }
        let mut names: Vec<_> = self.nodes.iter().map(|node| node.shape().name).collect();
        names.sort_unstable();
        match names
            .windows(2)
            .find(|pair| pair.first() == pair.last())
            .and_then(|pair| pair.first())
        {
            None => Ok(()),
            Some(name) => wrong(format!(
                "two nodes of the graph are named `{name}`: rename one"
            )),
        }
    }
}

/// For each node, the description that its states were saved under, if it is not the current one.
pub(crate) fn earlier_descriptions<'a>(
    nodes: &[Box<dyn Node>],
    saved: &'a str,
) -> Vec<Option<&'a str>> {
    let shapes = nodes.iter().map(|node| node.shape());
    let earlier = |(number, shape): (usize, Shape<'_>)| {
        let now = shape.state.as_deref()?;
        let head = head(number, &shape);
        let then = saved.lines().find_map(|line| line.strip_prefix(&head))?;
        (then != now).then_some(then)
    };
    (1..).zip(shapes).map(earlier).collect()
}

/// One line of the structure: a node, and the description of its state.
fn line(number: usize, shape: &Shape<'_>) -> String {
    let mut line = head(number, shape);
    match &shape.state {
        Some(of) => line.push_str(of),
        None => line.truncate(line.trim_end().len()),
    }
    line
}

/// The part of a line before the description.
fn head(number: usize, shape: &Shape<'_>) -> String {
    let Shape {
        name, kind, from, ..
    } = shape;
    let from = from.iter().map(|slot| match *slot {
        slot if is_of_late(slot) => "late".into(),
        slot => slot.to_string(),
    });
    let from = from.collect::<Vec<_>>().join(", ");
    format!("{number} {kind} {name} from [{from}] ")
}

fn has(lines: &str, line: &str) -> bool {
    lines.lines().any(|other| other == line)
}
