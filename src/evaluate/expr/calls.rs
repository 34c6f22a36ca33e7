//! Calls, and the functions that need the evaluator itself: `try`, `can`, `templatefile`, `templatestring`.

use super::{Cx, is_error};
use crate::diagnostic::Message;
use crate::evaluate::functions::Failure;
use crate::evaluate::scope::{Binding, NO_MODULE, Scope};
use crate::evaluate::types::Type;
use crate::evaluate::value::{Kind, Marks, Val, Why, lift, mix_bytes, unknown_from};
use crate::evaluate::{Evaluation, functions};
use crate::load::syntax::{Expr, NodeId, Tree};
use std::sync::Arc;

impl Evaluation<'_> {
    pub(super) fn call(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        name: &str,
        args: &[NodeId],
        expand: bool,
    ) -> Val {
        let name = name.strip_prefix("core::").unwrap_or(name);
        match name {
            "try" if !expand => return self.try_call(cx, node, args),
            "can" if !expand && args.len() == 1 => {
                let (v, failed) = self.trial(|| self.expr(cx, args[0]));
                return if failed {
                    Val::bool(false)
                } else {
                    lift(&[v], |v| {
                        if is_error(&v[0]) {
                            return Val::bool(false);
                        }
                        let has = v[0].has();
                        if has.unknown {
                            return unknown_from(Type::Bool, "can", &[&v[0]]);
                        }
                        Val::bool(true)
                    })
                };
            }
            _ => {}
        }
        let mut values: Vec<Val> = args.iter().map(|&a| self.expr(cx, a)).collect();
        if expand && let Some(last) = values.pop() {
            let last = self.materialised(&last);
            match last.as_seq() {
                Some(items) => {
                    values.extend(items.iter().map(|v| v.clone().marked(last.marks)));
                }
                None if matches!(last.kind, Kind::Unknown(_) | Kind::OneOf(_)) => {
                    // The arguments differ by world; each is a call of its own.
                    if let Kind::OneOf(_) = last.kind {
                        return lift(&[last], |last| match last[0].as_seq() {
                            Some(items) => {
                                let mut all = values.clone();
                                all.extend(items.iter().cloned());
                                self.apply(cx, node, name, &all)
                            }
                            None => unknown_from(Type::Dynamic, name, &[&last[0]]),
                        });
                    }
                    values.push(last);
                    let all: Vec<&Val> = values.iter().collect();
                    return unknown_from(Type::Dynamic, name, &all);
                }
                None => {
                    return self.error(
                        cx,
                        node,
                        Message::new("evaluate.expand").arg(last.ty().friendly()),
                    );
                }
            }
        }
        self.apply(cx, node, name, &values)
    }

    pub(super) fn apply(&self, cx: &Cx<'_>, node: NodeId, name: &str, args: &[Val]) -> Val {
        if let Some(answer) = cx.more.and_then(|more| more(name, args)) {
            return answer.unwrap_or_else(|e| self.call_error(cx, node, name, e));
        }
        let args: Vec<Val> = args.iter().map(|a| self.materialised(a)).collect();
        match name {
            "templatefile" => return self.templatefile(cx, node, &args),
            "templatestring" => return self.templatestring(cx, node, &args),
            "type" => return self.type_of(cx, node, &args),
            _ => {}
        }
        // What failed has been said; terraform does not call then.
        if self.strict && args.iter().any(is_error) {
            return self.unknown_error(cx, node);
        }
        if let Some(v) = self.own_provider(cx, node, name, &args) {
            return v;
        }
        let Some(function) = functions::find(name) else {
            if let Some(rest) = name.strip_prefix("provider::")
                && self.strict
                && !self.requires(cx, rest.split("::").next().unwrap_or(rest))
            {
                return self.error(cx, node, Message::new("evaluate.no-function").arg(name));
            }
            if name.starts_with("provider::") || functions::is_known_name(name) {
                let refs: Vec<&Val> = args.iter().collect();
                let mut v = unknown_from(Type::Dynamic, name, &refs);
                if let Kind::Unknown(u) = &mut v.kind {
                    let u = Arc::make_mut(u);
                    u.why = Why::Function;
                    u.subject = name.into();
                    u.not_null = false;
                }
                return v;
            }
            // `can(nosuch())` is false: this one Terraform finds out only when it calls.
            return self.error(cx, node, Message::new("evaluate.no-function").arg(name));
        };
        let v = self.call_function(cx, node, name, function, &args);
        self.say_of_limit(cx, node, &v, args.iter());
        v
    }

    pub(in super::super) fn call_function(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        name: &str,
        function: &'static functions::Function,
        args: &[Val],
    ) -> Val {
        match functions::call(
            function,
            args,
            &FilesAt {
                evaluation: self,
                cx,
                node,
            },
        ) {
            Ok(v)
                if self.strict
                    && (matches!(v.kind, Kind::OneOf(_))
                        || name == "lookup" && args.get(1).is_some_and(|k| !k.is_known())) =>
            {
                // Of an object or tuple the key decides the type too.
                let ty = match args.first().map(|a| &a.kind) {
                    Some(Kind::Object(_) | Kind::Tuple(_)) => Type::Dynamic,
                    _ => v.ty(),
                };
                let mut out = unknown_from(ty, name, &[&v]);
                if let Kind::Unknown(u) = &mut out.kind {
                    Arc::make_mut(u).not_null = v.is_not_null();
                }
                out.marks = v.marks;
                out
            }
            Ok(v) => match v.as_unknown() {
                // The same call elsewhere has another result.
                Some(u) if u.why == Why::Impure && u.subject.as_ref() == name => {
                    let mut u = u.clone();
                    u.id = self.node_identity(cx, node, 0x1417);
                    Val {
                        kind: Kind::Unknown(Arc::new(u)),
                        ..v
                    }
                }
                _ => v,
            },
            Err(_) if args.iter().any(is_error) => self.unknown_error(cx, node),
            // The words of an error may quote the argument.
            Err(Failure::Error(at, mut e)) => {
                if args.iter().any(|a| a.has().marks.has(Marks::SENSITIVE)) {
                    "a sensitive argument does not fit".clone_into(&mut e);
                }
                match at {
                    Some(at) => {
                        let parameter = function.parameter(at).map_or("", |p| p.name);
                        let message = Message::new("evaluate.argument").arg(name);
                        self.error(cx, node, message.arg(parameter).arg(e))
                    }
                    None => self.call_error(cx, node, name, e),
                }
            }
            Err(Failure::Count(e)) => {
                let message = Message::new("evaluate.argument-count").arg(name);
                self.error(cx, node, message.arg(e))
            }
            Err(Failure::Unknown(why, subject)) => {
                let refs: Vec<&Val> = args.iter().collect();
                let mut v = unknown_from(Type::Dynamic, name, &refs);
                if let Kind::Unknown(u) = &mut v.kind {
                    let u = Arc::make_mut(u);
                    (u.why, u.subject, u.not_null) = (why, subject.into(), false);
                }
                v
            }
        }
    }

    /// Whether the module names a provider in `required_providers`.
    fn requires(&self, cx: &Cx<'_>, provider: &str) -> bool {
        let named = |m: u32| {
            let module = self.project.module(self.module_instance(m).module);
            module.required.iter().any(|p| &*p.name == provider)
        };
        cx.scope.module != NO_MODULE && named(cx.scope.module)
    }

    pub(in super::super) fn call_error(
        &self,
        cx: &Cx<'_>,
        node: NodeId,
        name: &str,
        e: String,
    ) -> Val {
        self.error(cx, node, Message::new("evaluate.call").arg(name).arg(e))
    }

    /// The first argument that is no error; where one is in some worlds only, the next stands in there.
    pub(super) fn try_call(&self, cx: &Cx<'_>, node: NodeId, args: &[NodeId]) -> Val {
        if args.is_empty() {
            return self.call_error(cx, node, "try", "at least one argument is required".into());
        }
        for (i, &arg) in args.iter().enumerate() {
            let (v, failed) = self.trial(|| self.expr(cx, arg));
            if failed {
                continue;
            }
            // What is not known wholly may fail yet, for all that terraform knows.
            if self.strict && !is_error(&v) && !v.is_wholly_known() {
                let mut out = unknown_from(Type::Dynamic, "try", &[&v]);
                if let Kind::Unknown(u) = &mut out.kind {
                    Arc::make_mut(u).not_null = false;
                }
                out.marks = Marks::NONE;
                return out;
            }
            let rest = &args[i + 1..];
            return match &v.kind {
                Kind::OneOf(alts) if !rest.is_empty() && alts.iter().any(|a| is_error(&a.val)) => {
                    let next = self.try_call(cx, node, rest);
                    Val::one_of(
                        alts.iter()
                            .map(|a| {
                                let v = if is_error(&a.val) {
                                    next.clone()
                                } else {
                                    a.val.clone()
                                };
                                (a.when.clone(), v)
                            })
                            .collect(),
                    )
                    .marked(v.marks)
                }
                // An attribute of something unknown may turn out not to be there.
                Kind::Unknown(u) if !rest.is_empty() && !u.not_null => try_unknown(&v),
                _ => v,
            };
        }
        self.call_error(cx, node, "try", "no expression succeeded".into())
    }

    fn templatefile(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        let [path, vars] = args else {
            return self.call_error(
                cx,
                node,
                "templatefile",
                "two arguments are required".into(),
            );
        };
        lift(&[path.clone(), vars.clone()], |args| {
            let (path, vars) = (&args[0], &args[1]);
            let Some(path_text) = path.as_str() else {
                return unknown_from(Type::String, "templatefile", &[path, vars]);
            };
            let tree = match self.template_tree(cx, node, path_text) {
                Ok(tree) => tree,
                Err(v) => return v,
            };
            self.render(cx, node, &tree, vars, "templatefile")
        })
    }

    fn templatestring(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        let [text, vars] = args else {
            return self.call_error(
                cx,
                node,
                "templatestring",
                "two arguments are required".into(),
            );
        };
        lift(&[text.clone(), vars.clone()], |args| {
            let (text, vars) = (&args[0], &args[1]);
            if text.is_null() {
                return self.call_error(
                    cx,
                    node,
                    "templatestring",
                    "the template must not be null".into(),
                );
            }
            let Some(content) = text.as_str() else {
                return unknown_from(Type::String, "templatestring", &[text, vars]);
            };
            let tree = crate::load::syntax::parse_template(content);
            self.render(cx, node, &tree, vars, "templatestring")
                .marked(text.marks)
        })
    }

    fn render(&self, cx: &Cx<'_>, node: NodeId, tree: &Tree, vars: &Val, function: &str) -> Val {
        if let Some(error) = tree.errors().first() {
            return self.call_error(
                cx,
                node,
                function,
                format!("invalid template: {}", error.code),
            );
        }
        let Some(fields) = vars.as_fields() else {
            if matches!(vars.kind, Kind::Unknown(_)) {
                return unknown_from(Type::String, function, &[vars]);
            }
            return self.call_error(
                cx,
                node,
                function,
                "the variables must be a map or object".into(),
            );
        };
        let mut scope = Scope::module(NO_MODULE);
        for (name, v) in &fields.items {
            scope = scope.bind(Binding::Name(name.clone(), v.clone()));
        }
        if self.templates.get() > 8 {
            return self.limit(cx, node, "limit.depth");
        }
        self.templates.set(self.templates.get() + 1);
        let inner = Cx::new(tree, None, scope);
        let root = tree.root();
        let single = matches!(tree.expr(root), Expr::Wrap(_));
        let v = if single {
            self.expr(&inner, root)
        } else {
            self.text_of(&inner, root)
        };
        self.templates.set(self.templates.get() - 1);
        if is_error(&v) && self.is_trial() {
            return self.call_error(cx, node, function, "the template failed".into());
        }
        v.marked(vars.marks)
    }

    /// `type(x)`: only the console has it.
    pub(super) fn type_of(&self, cx: &Cx<'_>, node: NodeId, args: &[Val]) -> Val {
        self.static_error(cx, node, Message::new("evaluate.no-function").arg("type"));
        args.first()
            .map_or_else(Val::null, |v| Val::str(v.ty().to_string()))
    }
}

/// `try(unknown, rest…)`: the unknown itself where it is an attribute that will be there (of a
/// resource or data source), else unknown whether it is that or the rest.
fn try_unknown(v: &Val) -> Val {
    if v.via.is_some() {
        return v.clone();
    }
    let mut out = unknown_from(Type::Dynamic, "try", &[v]);
    if let Kind::Unknown(u) = &mut out.kind {
        Arc::make_mut(u).not_null = false;
    }
    out
}

/// Files, with a diagnostic where one is not read.
struct FilesAt<'e, 'p, 't> {
    evaluation: &'e Evaluation<'p>,
    cx: &'e Cx<'t>,
    node: NodeId,
}

impl functions::Files for FilesAt<'_, '_, '_> {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, functions::FileError> {
        self.noted(self.evaluation.files.read(path))
    }
    fn exists(&self, path: &str) -> Result<bool, functions::FileError> {
        self.noted(self.evaluation.files.exists(path))
    }
    fn below(&self, path: &str) -> Result<Vec<String>, functions::FileError> {
        self.noted(self.evaluation.files.below(path))
    }
}

impl FilesAt<'_, '_, '_> {
    fn noted<T>(&self, result: Result<T, functions::FileError>) -> Result<T, functions::FileError> {
        if let Err(functions::FileError::NotRead(path)) = &result {
            self.evaluation
                .outside(self.evaluation.place(self.cx, self.node), path);
        }
        result
    }
}

impl Evaluation<'_> {
    fn template_tree(&self, cx: &Cx<'_>, node: NodeId, path: &str) -> Result<Arc<Tree>, Val> {
        if let Some(tree) = self.template_files.borrow().get(path) {
            return Ok(tree.clone());
        }
        let files = FilesAt {
            evaluation: self,
            cx,
            node,
        };
        match functions::Files::read(&files, path) {
            Ok(bytes) => {
                let Ok(text) = std::str::from_utf8(&bytes) else {
                    return Err(self.call_error(
                        cx,
                        node,
                        "templatefile",
                        "the file is not UTF-8".into(),
                    ));
                };
                let tree = Arc::new(crate::load::syntax::parse_template(text));
                self.template_files
                    .borrow_mut()
                    .insert(path.into(), tree.clone());
                Ok(tree)
            }
            Err(functions::FileError::Missing(e)) => {
                Err(self.call_error(cx, node, "templatefile", e))
            }
            Err(functions::FileError::NotRead(path)) => {
                let id = mix_bytes(0xf11e, path.as_bytes());
                Err(Val::unknown(Type::String, id, Why::File, path))
            }
            Err(functions::FileError::NotHeld(path)) => {
                let id = mix_bytes(0xf11e, path.as_bytes());
                Err(Val::unknown(Type::String, id, Why::NotHeld, path))
            }
        }
    }
}
