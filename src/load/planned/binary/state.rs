//! The state in a plan file. Read of it is what the plan itself does not hold: the data sources.

use super::json::comma;
use crate::load::planned::document::RawResource;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct State<'a> {
    version: u64,
    #[serde(borrow, default)]
    resources: Vec<&'a RawValue>,
}

/// The data sources as a part of the JSON, with a comma before; `None` for what is no state.
pub(super) fn read(bytes: &[u8]) -> Option<String> {
    let state: State<'_> = serde_json::from_slice(bytes).ok()?;
    if state.version != 4 {
        return None;
    }
    let mut out = String::from(",\"resources\":[");
    for resource in state.resources {
        let of: RawResource<'_> = serde_json::from_str(resource.get()).ok()?;
        if of.mode == "data" {
            comma(&mut out);
            out.push_str(resource.get());
        }
    }
    out.push(']');
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_data_sources() {
        let text =
            br#"{"version":4,"resources":[{"mode":"managed","x":1},{"mode":"data","y":"}"}]}"#;
        assert_eq!(
            read(text).as_deref(),
            Some(r#","resources":[{"mode":"data","y":"}"}]"#)
        );
        assert_eq!(
            read(br#"{"version":4}"#).as_deref(),
            Some(r#","resources":[]"#)
        );
        for broken in [
            "",
            "{}",
            "[]",
            r#"{"version":3}"#,
            r#"{"version":4,"resources":[1]}"#,
            r#"{"version":4,"resources":[{"mode":"data","instances":1}]}"#,
        ] {
            assert_eq!(read(broken.as_bytes()), None, "{broken}");
        }
    }
}
