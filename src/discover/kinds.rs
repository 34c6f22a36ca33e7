//! Which kind of file a name stands for, as Terraform 1.11 and `OpenTofu` decide it.

use std::ffi::OsStr;

/// What the name of a configuration file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// JSON syntax.
    pub json: bool,
    /// `.tofu`: wins over the `.tf` file of the same name.
    pub tofu: bool,
    /// `override.tf`, `x_override.tf`: its blocks are laid over those of the other files.
    pub overriding: bool,
}

/// Files that editors leave behind, and hidden ones.
fn ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
}

/// The name without its configuration suffix, and what the suffix says.
pub(super) fn config(name: &str) -> Option<(&str, Config)> {
    if ignored(name) {
        return None;
    }
    let suffixes = [
        (".tf", false, false),
        (".tf.json", true, false),
        (".tofu", false, true),
        (".tofu.json", true, true),
    ];
    suffixes.iter().find_map(|&(suffix, json, tofu)| {
        let stem = name.strip_suffix(suffix)?;
        Some((
            stem,
            Config {
                json,
                tofu,
                overriding: stem == "override" || stem.ends_with("_override"),
            },
        ))
    })
}

/// Whether a file of this name is configuration that Terraform or `OpenTofu` loads.
pub fn is_configuration(name: &OsStr) -> bool {
    config(&name.to_string_lossy()).is_some()
}

/// Whether a file of this name holds values of variables.
pub fn is_values(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Where a values file stands in the order of those that are loaded without being named; `None` for
/// the others. Hidden ones count: Terraform looks at the end of the name only.
pub fn auto_values(name: &str) -> Option<(u8, &str)> {
    match name {
        "terraform.tfvars" => Some((0, name)),
        "terraform.tfvars.json" => Some((1, name)),
        _ if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => {
            Some((2, name))
        }
        _ => None,
    }
}

/// The kind of a file that holds configuration but is not judged; `content` gives the text where the
/// name alone does not say it.
pub(super) fn not_judged(
    name: &str,
    content: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<&'static str> {
    let stem = name.strip_suffix(".hcl")?;
    if ignored(name) || stem.ends_with(".tftest") || stem.ends_with(".tfquery") {
        return None;
    }
    if stem.ends_with(".tfstack") || stem.ends_with(".tfdeploy") || stem.ends_with(".tfcomponent") {
        return Some("tfstack");
    }
    if stem == "terragrunt" || stem.starts_with("terragrunt.") {
        return Some("terragrunt");
    }
    // Terragrunt's included files have any name; what they are shows in words that only it has.
    let text = content()?;
    let words: [&[u8]; 6] = [
        b"find_in_parent_folders(",
        b"read_terragrunt_config(",
        b"path_relative_to_include(",
        b"get_terragrunt_dir(",
        b"get_env(",
        b"remote_state {",
    ];
    words
        .iter()
        .any(|w| memchr::memmem::find(&text, w).is_some())
        .then_some("terragrunt")
}
