//! What the flow map is made of: lanes (a country, several, unknown), nodes in them, arrows between.

use std::collections::BTreeSet;

/// Where something is, as the picture tells places apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Where {
    /// Terraform itself: not a place of data.
    Tool,
    /// One country.
    Country(String),
    /// Several countries at once.
    Several(BTreeSet<String>),
    /// One of several places.
    OneOf(BTreeSet<BTreeSet<String>>),
    /// Not known.
    Unknown,
}

/// Whether a place lies outside the countries where data may rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Abroad {
    /// Not a place.
    No,
    Home,
    Out,
    /// At home and abroad at once.
    Partly,
    /// At home or abroad.
    Perhaps,
    Unknown,
}

/// What a node stands for; in the order of the picture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Kind {
    Root,
    Key,
    Store,
    Route,
    /// Makes things that are not in the code, or is not there itself.
    Opaque,
    /// A second place of data that no resource of the code is.
    Copy,
    State,
    Service,
}

impl Kind {
    /// What it is called: the key of its words.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Root => "flow.root",
            Kind::Key => "flow.key",
            Kind::Store => "flow.store",
            Kind::Route => "flow.route",
            Kind::Opaque => "flow.opaque",
            Kind::Copy => "flow.copy",
            Kind::State => "flow.state",
            Kind::Service => "flow.service",
        }
    }

    /// Its name for classes of the drawing.
    pub fn class(self) -> &'static str {
        self.word().rsplit('.').next().unwrap_or_default()
    }
}

/// What an arrow stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Flow {
    Copy,
    Log,
    Processing,
    Key,
    State,
    Service,
}

impl Flow {
    pub const ALL: [Flow; 6] = [
        Flow::Copy,
        Flow::Log,
        Flow::Processing,
        Flow::Key,
        Flow::State,
        Flow::Service,
    ];

    /// What it is called: the key of its words.
    pub fn word(self) -> &'static str {
        match self {
            Flow::Copy => "flow.of-copies",
            Flow::Log => "flow.of-logs",
            Flow::Processing => "flow.of-processing",
            Flow::Key => "flow.of-keys",
            Flow::State => "flow.of-state",
            Flow::Service => "flow.of-services",
        }
    }

    /// Its name for classes of the drawing.
    pub fn class(self) -> &'static str {
        self.word().rsplit('-').next().unwrap_or_default()
    }
}

/// A box with what is in one place.
#[derive(Debug)]
pub(super) struct Lane {
    pub title: String,
    pub abroad: Abroad,
}

/// A thing, or many of a kind.
#[derive(Debug)]
pub(super) struct Node {
    pub lane: usize,
    pub kind: Kind,
    /// What it is, in a line.
    pub head: String,
    /// Its name, never cut here.
    pub name: String,
    /// Further lines.
    pub lines: Vec<String>,
    /// So many things.
    pub count: usize,
}

/// From a node to a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    pub flow: Flow,
    /// What it is, where its flow does not say that.
    pub label: String,
    /// So many arrows in one.
    pub count: usize,
}

/// The whole picture: lanes and nodes in their order, arrows by their ends.
#[derive(Debug)]
pub(super) struct Map {
    pub lanes: Vec<Lane>,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Nodes stand for many things, and keys have arrows only to what lies elsewhere.
    pub grouped: bool,
}
