//! The functions of Terraform's own provider: `provider::terraform::encode_expr` and its kin.
//!
//! Lives here: which calls are theirs, and reading a values file. Not here: writing one
//! (`functions/hcl_write.rs`). The provider has to be required under the name that the call has, as
//! Terraform wants it; functions of other providers nobody knows.

use super::Evaluation;
use super::expr::{Cx, is_error};
use super::functions::hcl_write;
use super::providers::full_source;
use super::scope::{NO_MODULE, Scope};
use super::types::Type;
use super::value::{Kind, Val, lift, unknown_from};
use crate::diagnostic::Message;
use crate::load::syntax::{Item, NodeId, parse_native};

/// Where Terraform's own provider is from.
const SOURCE: &str = "terraform.io/builtin/terraform";

impl Evaluation<'_> {
    /// The value of a call of a function of Terraform's own provider; `None` where it is none.
    pub(super) fn own_provider(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        name: &str,
        args: &[Val],
    ) -> Option<Val> {
        let (provider, function) = name.strip_prefix("provider::")?.split_once("::")?;
        if !self.is_own_provider(cx, provider) {
            return None;
        }
        if function == "decode_tfvars" {
            return Some(self.decode_tfvars(cx, node, name, args));
        }
        Some(
            match hcl_write::FUNCTIONS.iter().find(|f| f.name == function) {
                Some(known) => self.call_function(cx, node, name, known, args),
                // It has no others.
                None => self.error(cx, node, Message::new("evaluate.no-function").arg(name)),
            },
        )
    }

    /// Whether a module requires Terraform's own provider under this name.
    fn is_own_provider(&self, cx: &Cx<'_>, name: &str) -> bool {
        if cx.scope.module == NO_MODULE {
            return false;
        }
        let inst = self.module_instance(cx.scope.module);
        let required = &self.project.module(inst.module).required;
        required
            .iter()
            .any(|r| *r.name == *name && *full_source(&r.source) == *SOURCE)
    }

    fn decode_tfvars(&self, cx: &Cx<'_>, node: NodeId, name: &str, args: &[Val]) -> Val {
        let fail = |words: &str| self.call_error(cx, node, name, words.into());
        let [src] = args else {
            return fail("one argument is required");
        };
        lift(std::slice::from_ref(src), |args| {
            let src = match super::convert::convert(&args[0], &Type::String) {
                Ok(v) => v,
                Err(e) => return fail(&e),
            };
            let Some(text) = src.as_str() else {
                return match &src.kind {
                    Kind::Null(_) => fail("argument must not be null"),
                    _ if is_error(&src) => self.unknown_error(cx, node),
                    _ => unknown_from(Type::Dynamic, name, &[&src]),
                };
            };
            let tree = parse_native(text.as_bytes());
            if let Some(error) = tree.errors().first() {
                return fail(&format!("invalid tfvars syntax: {}", error.code));
            }
            let refuse = |_: &str, _: &[Val]| Some(Err("functions may not be called here".into()));
            let mut inner = Cx::new(&tree, None, Scope::module(NO_MODULE));
            inner.more = Some(&refuse);
            let mut fields = Vec::new();
            for item in tree.items(tree.root()) {
                let Item::Attribute(a) = item else {
                    return fail("invalid tfvars content: blocks are not allowed here");
                };
                // What is wrong there is wrong with this call: names that are not there included.
                let outer = self.condition_errors.replace(Some(Vec::new()));
                let trial = self.trial.replace(false);
                let v = self.expr(&inner, a.value);
                self.trial.set(trial);
                let errors = self.condition_errors.replace(outer).unwrap_or_default();
                if let Some(error) = errors.first() {
                    let words = error.args.join(", ");
                    return fail(&format!("invalid expression for variable: {words}"));
                }
                fields.push((a.name.into(), v));
            }
            Val::object(fields).marked(src.marks)
        })
    }
}
