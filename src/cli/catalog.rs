//! `sekisho catalog`.

use super::PageArgs;
use clap::Args;

/// List the resource types that the catalog knows
#[derive(Args, Debug, Clone)]
pub struct Catalog {
    /// Types that contain this text, or that it matches as a whole where it has a `*`
    #[arg(value_name = "PATTERN")]
    pub pattern: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub page: PageArgs,
}
