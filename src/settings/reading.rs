//! Reading TOML so that every mistake is told at once, each with its place and what was perhaps meant.
//!
//! Lives here: how a table, a list or a word is read, and the macros that make of one declaration the
//! type, its reader and its part of the JSON Schema for editors. Not here: which keys there are
//! (`file.rs`).

use crate::date::Date;
use crate::diagnostic::Message;
use crate::load::syntax::Span;
use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of a TOML text.
pub type Node<'i> = Spanned<DeValue<'i>>;

/// A value, with the place where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Its place in the file.
    pub span: Span,
}

impl<T> At<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> At<T> {
        At { value, span }
    }
}

/// What is wrong at a place of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// Where.
    pub span: Span,
    /// What.
    pub message: Message,
    /// What was perhaps meant.
    pub help: Option<Message>,
}

/// The mistakes so far.
#[derive(Debug, Default)]
pub struct Reading {
    /// In the order of reading.
    pub mistakes: Vec<Mistake>,
}

/// What can be read from a TOML value; `None` where it is a mistake.
pub trait Read: Sized {
    /// Reads it.
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Self>;
    /// What editors are told of it (JSON Schema).
    fn schema() -> Value;
}

/// The bytes of a span of the TOML reader.
pub fn span(range: std::ops::Range<usize>) -> Span {
    Span::new(range.start as u32, range.end as u32)
}

/// The entries of a table as they were written.
pub fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Node<'i>)> {
    let mut out: Vec<_> = table.iter().collect();
    out.sort_by_key(|(key, _)| key.span().start);
    out
}

impl Reading {
    /// Notes a mistake.
    pub fn say(&mut self, span: Span, message: Message, help: Option<Message>) {
        self.mistakes.push(Mistake {
            span,
            message,
            help,
        });
    }

    /// What should stand there is something else.
    pub fn expected(&mut self, node: &Node<'_>, what: &str) {
        let found = node.get_ref().type_str();
        let message = Message::new(format!("settings.expected-{what}")).arg(found);
        self.say(span(node.span()), message, None);
    }

    /// A key that is none.
    pub fn unknown_key(&mut self, key: &str, at: std::ops::Range<usize>, known: &[&str]) {
        let message = Message::new("settings.unknown-key").arg(key);
        self.say(span(at), message, Some(meant(key, known)));
    }

    /// A key that has to be there and is not.
    pub fn missing(&mut self, node: &Node<'_>, key: &str) {
        let message = Message::new("settings.missing-key").arg(key);
        self.say(span(node.span()), message, None);
    }

    /// The table that should stand there.
    pub fn table<'n, 'i>(&mut self, node: &'n Node<'i>) -> Option<&'n DeTable<'i>> {
        let table = node.get_ref().as_table();
        if table.is_none() {
            self.expected(node, "table");
        }
        table
    }
}

/// What was perhaps meant, or all that there is.
pub fn meant(name: &str, known: &[&str]) -> Message {
    let mut longer = known.iter().filter(|k| k.starts_with(name));
    let begun = match (longer.next(), longer.next()) {
        (Some(one), None) if !name.is_empty() => Some(*one),
        _ => None,
    };
    match crate::nearest(name, known).or(begun) {
        Some(near) => Message::new("settings.did-you-mean").arg(near),
        None => Message::new("settings.one-of").arg(known.join(", ")),
    }
}

impl Read for String {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<String> {
        let text = node.get_ref().as_str();
        if text.is_none() {
            out.expected(node, "text");
        }
        text.map(str::to_owned)
    }
    fn schema() -> Value {
        json!({"type": "string"})
    }
}

impl Read for bool {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<bool> {
        let yes = node.get_ref().as_bool();
        if yes.is_none() {
            out.expected(node, "boolean");
        }
        yes
    }
    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl<T: Read> Read for Vec<At<T>> {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Vec<At<T>>> {
        let Some(items) = node.get_ref().as_array() else {
            out.expected(node, "list");
            return None;
        };
        let read = |item: &Node<'_>| Some(At::new(T::read(item, out)?, span(item.span())));
        Some(items.iter().filter_map(read).collect())
    }
    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }
}

/// A table that counts only where all of it was read: a condition less would match more than was meant.
#[derive(Clone, Debug)]
pub struct Whole<T>(pub T);

impl<T: Read> Read for Whole<T> {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Whole<T>> {
        let before = out.mistakes.len();
        let read = T::read(node, out)?;
        (out.mistakes.len() == before).then_some(Whole(read))
    }
    fn schema() -> Value {
        T::schema()
    }
}

/// Texts of which one has to hold: a list of none would be no condition, or one that never holds.
#[derive(Clone, Debug)]
pub struct Any(pub Vec<At<String>>);

impl Read for Any {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Any> {
        let texts = Vec::<At<String>>::read(node, out)?;
        if node.get_ref().as_array().is_some_and(|a| a.is_empty()) {
            out.say(span(node.span()), Message::new("settings.empty-list"), None);
        }
        Some(Any(texts))
    }
    fn schema() -> Value {
        json!({"type": "array", "items": {"type": "string"}, "minItems": 1})
    }
}

/// A table whose keys are the user's, in the order in which they were written.
#[derive(Clone, Debug)]
pub struct Map<T>(pub Vec<(At<String>, At<T>)>);

impl<T> Default for Map<T> {
    fn default() -> Map<T> {
        Map(Vec::new())
    }
}

impl<T: Read> Read for Map<T> {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Map<T>> {
        let table = out.table(node)?;
        let read = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Node<'_>)| {
            let key = At::new(key.get_ref().to_string(), span(key.span()));
            Some((key, At::new(T::read(value, out)?, span(value.span()))))
        };
        Some(Map(in_order(table).into_iter().filter_map(read).collect()))
    }
    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": T::schema()})
    }
}

/// A day: `2027-03-31`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day(pub String);

impl Read for Day {
    fn read(node: &Node<'_>, out: &mut Reading) -> Option<Day> {
        let written = match node.get_ref() {
            DeValue::Datetime(d) => d.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let day = Date::parse(&written).map(|_| Day(written));
        if day.is_none() {
            out.expected(node, "day");
        }
        day
    }
    fn schema() -> Value {
        // TOML has dates of its own; editors show them to a schema as text.
        json!({"type": "string", "format": "date"})
    }
}

/// Declares tables: of each `"key" => field: Type` it makes the type with every field optional and
/// with its place, the reader that knows these keys and no other, and the schema with the comments as
/// descriptions. `must` after a key says that it has to be there.
macro_rules! tables {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $Name:ident {
            $(
                $(#[doc = $said:literal])*
                $key:literal $($must:ident)? => $field:ident: $Type:ty,
            )*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, Default)]
        pub struct $Name {
            $(
                $(#[doc = $said])*
                pub $field: Option<$crate::settings::reading::At<$Type>>,
            )*
        }

        impl $Name {
            /// The keys that may stand in it.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::settings::reading::Read for $Name {
            fn read(
                node: &$crate::settings::reading::Node<'_>,
                out: &mut $crate::settings::reading::Reading,
            ) -> Option<$Name> {
                use $crate::settings::reading::{At, Read, in_order, span};
                let table = out.table(node)?;
                let mut this = $Name::default();
                for (key, value) in in_order(table) {
                    match &**key.get_ref() {
                        $(
                            $key => {
                                this.$field = <$Type as Read>::read(value, out)
                                    .map(|v| At::new(v, span(value.span())));
                            }
                        )*
                        other => out.unknown_key(other, key.span(), $Name::KEYS),
                    }
                }
                $($(
                    let _ = stringify!($must);
                    if !table.contains_key($key) {
                        out.missing(node, $key);
                    }
                )?)*
                Some(this)
            }

            fn schema() -> serde_json::Value {
                use $crate::settings::reading::{Read, described};
                #[allow(unused_mut)]
                let mut required: Vec<&str> = Vec::new();
                $($(
                    let _ = stringify!($must);
                    required.push($key);
                )?)*
                let mut properties = serde_json::Map::new();
                $(
                    properties.insert(
                        $key.to_owned(),
                        described(<$Type as Read>::schema(), &[$($said),*]),
                    );
                )*
                let mut out = serde_json::json!({
                    "type": "object",
                    "properties": properties,
                    "additionalProperties": false,
                });
                if !required.is_empty() {
                    out["required"] = serde_json::json!(required);
                }
                described(out, &[$($doc),*])
            }
        }
    )*};
}
pub(super) use tables;

/// Declares words of which one stands there.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        pub enum $Name:ident { $($Variant:ident = $word:literal,)* }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[allow(missing_docs)]
        pub enum $Name { $($Variant,)* }

        impl $Name {
            /// The words.
            pub const ALL: &'static [&'static str] = &[$($word),*];

            /// As it is written.
            pub fn word(self) -> &'static str {
                match self { $($Name::$Variant => $word,)* }
            }
        }

        impl $crate::settings::reading::Read for $Name {
            fn read(
                node: &$crate::settings::reading::Node<'_>,
                out: &mut $crate::settings::reading::Reading,
            ) -> Option<$Name> {
                let text = <String as $crate::settings::reading::Read>::read(node, out)?;
                match &*text {
                    $($word => Some($Name::$Variant),)*
                    other => {
                        let at = $crate::settings::reading::span(node.span());
                        let message =
                            $crate::diagnostic::Message::new("settings.unknown-word").arg(other);
                        let help = $crate::settings::reading::meant(other, $Name::ALL);
                        out.say(at, message, Some(help));
                        None
                    }
                }
            }

            fn schema() -> serde_json::Value {
                $crate::settings::reading::described(
                    serde_json::json!({"enum": $Name::ALL}),
                    &[$($doc),*],
                )
            }
        }
    )*};
}
pub(super) use words;

/// A schema with the comment of its declaration as description.
pub fn described(mut schema: Value, doc: &[&str]) -> Value {
    let text: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
    if let Some(object) = schema.as_object_mut()
        && !text.is_empty()
    {
        object.insert("description".into(), text.join(" ").into());
    }
    schema
}
