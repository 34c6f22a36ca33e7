//! Where a value came from, rebuilt on demand: only findings ask.
//!
//! Follows the one expression that gave the value: a local to its definition, a variable to the
//! module call's argument, the values file or the default, an output into its module, a conditional
//! into the branch that was taken, a part into the object it was read from (`trail/parts.rs`). Ends at a
//! literal, or where several expressions made the value.

mod names;
mod parts;

use super::Evaluation;
use super::convert::convert;
use super::evaluated::{Found, Trail};
use super::expr::Cx;
use super::scope::{NO_MODULE, Scope};
use super::types::Type;
use super::value::{Ref, Val, World};
use crate::diagnostic::{Mark, Message};
use crate::load::project::{GivenValue, Mode};
use crate::load::syntax::{Expr, NodeId, Tree};
use crate::source::{FileId, Place};
use parts::{Bound, Part};

/// Longer ways are not shown; of several ways so many steps together.
const MAX_STEPS: usize = 40;

/// An expression on the way.
#[derive(Clone)]
struct Step {
    file: FileId,
    node: NodeId,
    scope: Scope,
    /// What is taken from its value, the first at the end.
    parts: Vec<Part>,
    /// The type constraint that its value was given for.
    ty: Option<(FileId, NodeId)>,
    /// What `for` variables stand for here.
    bound: Vec<Bound>,
}

impl Step {
    fn new(file: FileId, node: NodeId, scope: Scope) -> Step {
        Step {
            file,
            node,
            scope,
            parts: Vec::new(),
            ty: None,
            bound: Vec::new(),
        }
    }

    /// Another expression of the same text and scope.
    fn inner(&self, node: NodeId) -> Step {
        Step {
            node,
            ..self.clone()
        }
    }

    /// An expression elsewhere; what is taken from its value is the same.
    fn elsewhere(&self, file: FileId, node: NodeId, scope: Scope) -> Step {
        Step {
            parts: self.parts.clone(),
            ..Step::new(file, node, scope)
        }
    }

    /// Another expression of which a part is taken first.
    fn part(&self, node: NodeId, part: Part) -> Step {
        let mut out = self.inner(node);
        out.parts.push(part);
        out
    }
}

/// Where a way goes on.
enum Next {
    To(Step),
    /// What is decided by something that is not known: each alternative, and under which assumptions;
    /// what decides between them is one without a mark.
    Ways(Vec<(Option<Mark>, Vec<World>, Step)>),
}

/// What was met on a way.
struct Walk {
    marks: Vec<(Mark, Option<Val>)>,
    /// Alternatives are followed.
    branches: bool,
    /// Values are told.
    values: bool,
    /// Only alternatives that can be here.
    world: World,
    /// Where it begins.
    from: Place,
    steps: usize,
}

impl Evaluation<'_> {
    /// Where a value came from, nearest first: literal ← variable default ← module argument ← … As far
    /// as there is one way.
    pub fn trail(&self, found: &Found) -> Trail {
        let way = self.walk(found, false, false, &World::ANY);
        way.into_iter().map(|(mark, _)| mark).collect()
    }

    /// The same with the value at each step, where it can be told; of alternatives each one's way,
    /// those that can be in a world.
    pub fn way(&self, found: &Found, world: &World) -> Vec<(Mark, Option<Val>)> {
        self.walk(found, true, true, world)
    }

    fn walk(
        &self,
        found: &Found,
        branches: bool,
        values: bool,
        world: &World,
    ) -> Vec<(Mark, Option<Val>)> {
        let Some((file, node, scope)) = found.origin.clone() else {
            return Vec::new();
        };
        let mut walk = Walk {
            marks: Vec::new(),
            branches,
            values,
            world: world.clone(),
            from: self.project.sources.place(file, node),
            steps: 0,
        };
        // What goes wrong on the way was said where it happened.
        self.trial(|| self.follow(Step::new(file, node, scope), &mut walk));
        let mut out: Vec<(Mark, Option<Val>)> = Vec::new();
        for (mark, value) in walk.marks {
            // Of parts of parts that are written in one place the last says it.
            let element = |m: &Mark| &*m.message.key == "trail.element";
            let around = |m: &Mark| {
                let (a, b) = (m.place, mark.place);
                let holds = a.span.start <= b.span.start && b.span.end <= a.span.end;
                a.file == b.file && holds && element(m) && element(&mark)
            };
            match out.last_mut() {
                Some(last) if around(&last.0) => *last = (mark, value),
                Some((last, _)) if *last == mark => {}
                _ => out.push((mark, value)),
            }
        }
        out
    }

    fn follow(&self, mut at: Step, walk: &mut Walk) {
        while walk.steps < MAX_STEPS {
            walk.steps += 1;
            let mut marks = Vec::new();
            let next = self.step(&at, &mut marks);
            let last = marks.pop();
            walk.marks.extend(marks.into_iter().map(|m| (m, None)));
            if let Some(last) = last {
                // What a condition is stands in the words.
                let told = walk.values && !last.message.key.starts_with("trail.holds");
                let value = told.then(|| match &next {
                    Some(Next::To(step)) => self.value_at(step),
                    _ => self.value_at(&at),
                });
                walk.marks.push((last, value.flatten()));
            }
            match next {
                Some(Next::To(step)) => at = step,
                Some(Next::Ways(ways)) => {
                    let ways = if walk.branches { ways } else { Vec::new() };
                    let here =
                        |w: &[World]| w.is_empty() || w.iter().any(|w| w.agrees(&walk.world));
                    let ways: Vec<_> = ways.into_iter().filter(|(_, w, _)| here(w)).collect();
                    for (mark, _, step) in ways {
                        if let Some(mark) = mark {
                            let value = walk.values.then(|| self.value_at(&step));
                            walk.marks.push((mark, value.flatten()));
                        }
                        self.follow(step, walk);
                    }
                    return;
                }
                None => {
                    self.literal(&at, walk);
                    return;
                }
            }
        }
    }

    /// Marks a literal at the end of a way, where it is only a part of what was marked last.
    fn literal(&self, at: &Step, walk: &mut Walk) {
        let sources = &self.project.sources;
        let tree = sources.tree(at.file);
        let literal = matches!(
            tree.expr(at.node),
            Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null
        );
        let place = sources.place(at.file, at.node);
        let last = walk.marks.last().map_or(walk.from, |(m, _)| m.place);
        let text = sources.tree(last.file).text(last.span);
        let bare = text.trim_matches(|c: char| c.is_whitespace() || "()".contains(c));
        if literal && at.parts.is_empty() && (last.file, bare) != (at.file, tree.text(place.span)) {
            let mark = self.mark(at.file, at.node, Message::new("trail.literal"));
            let value = walk.values.then(|| self.value_at(at)).flatten();
            walk.marks.push((mark, value));
        }
    }

    fn cx(&self, at: &Step) -> Cx<'_> {
        let tree = self.project.sources.tree(at.file);
        Cx::new(tree, Some(at.file), at.scope.clone())
    }

    fn mark(&self, file: FileId, node: NodeId, message: Message) -> Mark {
        Mark {
            place: self.project.sources.place(file, node),
            message,
            value: None,
        }
    }

    fn step(&self, at: &Step, out: &mut Trail) -> Option<Next> {
        let cx = self.cx(at);
        let tree = cx.tree;
        let to = |node: NodeId| Some(Next::To(at.inner(node)));
        match tree.expr(at.node) {
            Expr::Wrap(of) | Expr::Paren(of) => to(of),
            Expr::Conditional { cond, then, other } => self.branch(at, cond, then, other, out),
            Expr::Call { name, args, .. } => self.into_call(at, name, args),
            Expr::Index { of, key } => {
                let key = self.expr(&cx, key);
                key.is_known().then(|| Next::To(at.part(of, Part::At(key))))
            }
            Expr::LegacyIndex { of, index } => {
                let key = super::number::Num::parse(index).map(Val::num)?;
                Some(Next::To(at.part(of, Part::At(key))))
            }
            Expr::Variable(name) => self.from_name(at, name),
            Expr::Attr { of, name } => {
                if let Expr::Variable(root) = tree.expr(of) {
                    if at.scope.name(root).is_some() {
                        return self.from_iterator(at, of, root, name, out);
                    }
                    if at.scope.module != NO_MODULE {
                        match root {
                            "var" => return self.from_variable(at, name, out).map(Next::To),
                            "local" => return self.from_local(at, name, out).map(Next::To),
                            "each" => return self.from_each(at, name, out).map(Next::To),
                            "count" => return None,
                            _ => {}
                        }
                    }
                }
                let step = self
                    .from_output(at, of, name, out)
                    .or_else(|| self.from_resource(at, &cx, of, name, out))
                    .unwrap_or_else(|| at.part(of, Part::At(Val::str(name))));
                Some(Next::To(step))
            }
            Expr::Object(_) | Expr::Tuple(_) | Expr::For(_) | Expr::Splat { .. }
                if !at.parts.is_empty() =>
            {
                self.into_part(at, out).map(Next::To)
            }
            Expr::Template(parts) if at.parts.is_empty() => to(only_read(tree, parts)?),
            Expr::Binary { left, right, .. } => to(only_read(tree, &[left, right])?),
            Expr::Unary { of, .. } => to(only_read(tree, &[of])?),
            _ => None,
        }
    }

    /// Into the branch that was taken; into both where the condition does not tell.
    fn branch(
        &self,
        at: &Step,
        cond: NodeId,
        then: NodeId,
        other: NodeId,
        out: &mut Trail,
    ) -> Option<Next> {
        let cx = self.cx(at);
        let condition = convert(&self.expr(&cx, cond), &Type::Bool).ok()?;
        if let Some(yes) = condition.as_bool() {
            let key = if yes {
                "trail.holds"
            } else {
                "trail.holds-not"
            };
            out.push(self.mark(at.file, cond, Message::new(key)));
            return Some(Next::To(at.inner(if yes { then } else { other })));
        }
        let all = self.expr(&cx, at.node);
        let way = |node: NodeId| {
            let value = self.expr(&cx, node);
            let worlds = all.alternatives();
            let worlds: Vec<World> = worlds
                .into_iter()
                .filter(|(w, v)| !w.is_any() && v.same(&value))
                .map(|(w, _)| w)
                .collect();
            let texts = worlds.iter().flat_map(World::texts);
            let texts: Vec<String> = texts.map(|t| t.to_string()).collect();
            let message = if texts.is_empty() {
                Message::new("trail.either")
            } else {
                Message::new("trail.when").arg(texts.join(", "))
            };
            (
                Some(self.mark(at.file, node, message)),
                worlds,
                at.inner(node),
            )
        };
        let decides = Step {
            parts: Vec::new(),
            ..at.inner(cond)
        };
        Some(Next::Ways(vec![
            (None, Vec::new(), decides),
            way(then),
            way(other),
        ]))
    }

    /// The place of the value that was given for a variable, where it stands in a file.
    pub(super) fn given_place(&self, m: u32, i: u32) -> Option<Place> {
        let inst = self.module_instance(m);
        let variable = &self.project.module(inst.module).variables[i as usize];
        let sources = &self.project.sources;
        match inst.parent {
            None => match &self
                .set
                .values
                .iter()
                .rev()
                .find(|g| g.name == variable.name)?
                .value
            {
                GivenValue::Node(file, node, _) => Some(sources.place(*file, *node)),
                _ => None,
            },
            Some((parent, call)) => {
                let parent = self.module_instance(parent);
                let call = &self.project.module(parent.module).calls[call as usize];
                let (file, a) = call.body.attribute(sources, &variable.name)?;
                Some(sources.place(file, a.value))
            }
        }
    }

    /// Whether a reference is to a data source.
    pub(super) fn is_data(&self, r: &Ref) -> bool {
        if r.resource == super::MODULE || r.module == super::VIEW {
            return false;
        }
        self.is_data_of(r.module, r.resource)
    }

    pub(super) fn is_data_of(&self, module: u32, resource: u32) -> bool {
        let inst = self.module_instance(module);
        self.project.module(inst.module).resources[resource as usize].mode == Mode::Data
    }
}

/// The one of several expressions that reads something; `None` where none does, or several do.
fn only_read(tree: &Tree, all: &[NodeId]) -> Option<NodeId> {
    let mut reading = all.iter().copied().filter(|&n| reads(tree, n));
    let only = reading.next()?;
    reading.next().is_none().then_some(only)
}

/// Whether an expression reads anything: what does not is what is written.
fn reads(tree: &Tree, node: NodeId) -> bool {
    let any = |all: &[NodeId]| all.iter().any(|&n| reads(tree, n));
    match tree.expr(node) {
        Expr::Missing | Expr::Null | Expr::Bool(_) | Expr::Number(_) | Expr::Text(_) => false,
        Expr::Wrap(of) | Expr::Paren(of) | Expr::Unary { of, .. } => reads(tree, of),
        Expr::Attr { of, .. } | Expr::LegacyIndex { of, .. } => reads(tree, of),
        Expr::Index { of, key } => any(&[of, key]),
        Expr::Template(all) | Expr::Tuple(all) | Expr::Object(all) => any(all),
        Expr::Call { args, .. } => any(args),
        Expr::Binary { left, right, .. } => any(&[left, right]),
        Expr::Conditional { cond, then, other } => any(&[cond, then, other]),
        _ => true,
    }
}
