//! The catalog's files, as they are built into the program.
//!
//! A test holds that every file below `catalog/` stands here.

/// Region tables.
pub const REGIONS: &str = include_str!("../../catalog/regions.toml");
/// What readers of documents have to know (see `documents.rs`).
pub const DOCUMENTS: &str = include_str!("../../catalog/documents.toml");
/// Protocol versions and policies by name.
pub const CIPHERS: &str = include_str!("../../catalog/ciphers.toml");
/// Hosts of services that speak another cloud's API.
pub const HOSTS: &str = include_str!("../../catalog/hosts.toml");
/// Who runs services.
pub const OPERATORS: &str = include_str!("../../catalog/operators.toml");
/// Services behind provider configurations.
pub const SERVICES: &str = include_str!("../../catalog/services.toml");
/// Types that keep data.
pub const STORES: &str = include_str!("../../catalog/stores.txt");
/// Types that make what Terraform does not show.
pub const OPAQUE: &str = include_str!("../../catalog/opaque.txt");
/// Attributes and blocks that no provider fills in, by type.
pub const UNFILLED: &str = include_str!("../../catalog/unfilled.txt");
/// Types that move, open or guard what others keep.
pub const ROLES: &str = include_str!("../../catalog/roles.txt");
/// All known resource types, front-coded (see `types.rs`).
pub const KNOWN: &str = include_str!("../../catalog/types/known.txt");

/// A provider's directory: its name is the first word of its types.
pub struct Folder {
    /// The directory.
    pub name: &'static str,
    /// `provider.toml`.
    pub provider: &'static str,
    /// The names of the files with rows, in the order of `rows`.
    pub files: &'static [&'static str],
    /// The rows.
    pub rows: &'static [&'static str],
}

macro_rules! folder {
    ($name:literal: $($file:literal)*) => {
        Folder {
            name: $name,
            provider: include_str!(concat!("../../catalog/", $name, "/provider.toml")),
            files: &[$($file),*],
            rows: &[$(include_str!(concat!("../../catalog/", $name, "/", $file, ".toml"))),*],
        }
    };
}

/// All directories.
pub const FOLDERS: &[Folder] = &[
    folder!("aws": "s3" "ec2" "messaging" "database" "cache" "analytics" "kms" "logs" "secrets" "file" "backup" "network" "compute" "ml" "iam" "data"),
    folder!("google": "storage" "kms" "compute" "database" "analytics" "messaging" "secrets" "run" "logging" "file" "ml" "iam" "data"),
    folder!("azurerm": "storage" "resource" "keyvault" "compute" "database" "messaging" "services" "monitor" "backup" "data"),
    folder!("azuread": "sign-in"),
    folder!("terraform": "backend" "data"),
];
