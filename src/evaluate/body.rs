//! Bodies: the attributes and blocks of a resource instance, a provider configuration, a backend.
//!
//! Lives here: reading one attribute, unfolding `dynamic` blocks, walking a path, and a body as the
//! object that conditions of the catalog look at.

use super::evaluated::{Found, From, View};
use super::expr::{Cx, iterate};
use super::planned::PlannedValue;
use super::scope::{Binding, NO_MODULE, Scope};
use super::traverse::extended;
use super::types::Type;
use super::value::{Key, Kind, Ref, Val, Why, World, mix, mix_bytes, unknown_from};
use super::{Evaluation, VIEW};
use crate::diagnostic::Message;
use crate::load::project::{Body, Mode};
use crate::load::syntax::Block;
use crate::source::{FileId, Place};
use std::rc::Rc;
use std::sync::Arc;

/// Arguments of Terraform's own, in every resource and module call: not the provider's.
pub(super) const META: &[&str] = &[
    "count",
    "for_each",
    "depends_on",
    "provider",
    "lifecycle",
    "providers",
];

impl Evaluation<'_> {
    /// The attribute `name` of a body, where it is written. Null is given as null: absent is for the
    /// reader to decide.
    pub fn attribute(&self, view: &View, name: &str) -> Option<Found> {
        match &view.from {
            From::Text(body, scope) => {
                let sources = &self.project.sources;
                let told = view.planned.as_deref().and_then(|t| t.field(name));
                let Some((file, a)) = body.attribute(sources, name) else {
                    return self.planned_attribute(view, body, name);
                };
                let cx = Cx::new(sources.tree(file), Some(file), scope.clone());
                let mut val = self.certain(|| self.expr(&cx, a.value));
                if let Some(told) = told {
                    val = self.with_planned(val, told);
                }
                let val = val.within(&view.when);
                Some(Found {
                    val,
                    place: sources.place(file, a.value),
                    header: view.place,
                    when: view.when.clone(),
                    maybe: view.maybe,
                    origin: Some((file, a.value, scope.clone())),
                })
            }
            From::Planned(number) => Some(without_text(
                view,
                &self.planned_attribute_of(*number, name)?,
            )),
            From::Value(v) => {
                let val = match &v.kind {
                    Kind::Object(f) | Kind::Map(f) => f.get(name)?.clone().marked(v.marks),
                    Kind::Unknown(_) => {
                        let key = Val::str(name);
                        unknown_from(Type::Dynamic, "part", &[v, &key])
                    }
                    _ => return None,
                };
                Some(without_text(view, &val))
            }
        }
    }

    /// An attribute that is not written, as the plan beside the configuration tells it.
    fn planned_attribute(&self, view: &View, body: &Body, name: &str) -> Option<Found> {
        let val = view.planned.as_deref()?.field(name)?.unwritten()?;
        if !body.blocks(&self.project.sources, name).is_empty() {
            return None;
        }
        Some(without_text(view, &val))
    }

    /// Gives each block of the configuration what the plan tells of it; of blocks that are perhaps there the
    /// plan tells how many there are.
    fn planned_blocks(&self, told: &PlannedValue, blocks: Vec<View>) -> Vec<View> {
        let items = match told {
            PlannedValue::Items(items) => &items[..],
            PlannedValue::Null => &[],
            // A block that is there once, as an object; or not known.
            PlannedValue::Fields(_) | PlannedValue::Unknown | PlannedValue::Value(_) => {
                return blocks;
            }
        };
        let open = |b: &View| b.maybe || !b.when.is_any();
        let mut out = Vec::new();
        let mut left: Vec<&Rc<PlannedValue>> = items.iter().collect();
        let alone = blocks.len() == 1 && items.len() == 1;
        let several = blocks.len();
        for (sure, pass) in [(true, false), (false, true)] {
            for b in blocks.iter().filter(|b| open(b) == pass) {
                let fits: Vec<usize> = (0..left.len())
                    .filter(|&i| alone || self.block_could_be(b, left[i]))
                    .collect();
                // Where one fits that no other block is, it is this one's; equal ones are told apart by order.
                let own = match &fits[..] {
                    [] => None,
                    [only] => Some(*only),
                    [first, ..] if several == items.len() && sure => Some(*first),
                    _ => None,
                };
                let with = |planned: Option<Rc<PlannedValue>>, sure: bool| View {
                    planned,
                    maybe: b.maybe && !sure,
                    when: if sure { World::ANY } else { b.when.clone() },
                    ..b.clone()
                };
                if sure {
                    let told = own.map(|i| left.remove(i).clone());
                    out.push(with(told, false));
                } else if b.maybe {
                    // A `dynamic` block over something unknown: all that fit are its.
                    for i in fits.iter().rev() {
                        out.push(with(Some(left.remove(*i).clone()), true));
                    }
                } else if let Some(first) = fits.first() {
                    out.push(with(Some(left.remove(*first).clone()), true));
                }
            }
        }
        out
    }

    /// Whether a block of the configuration can be one of the plan.
    fn block_could_be(&self, block: &View, told: &PlannedValue) -> bool {
        let From::Text(body, _) = &block.from else {
            return false;
        };
        let sources = &self.project.sources;
        body.attributes(sources).iter().all(|(_, a)| {
            let found = self.attribute(block, a.name);
            match (found, told.field(a.name)) {
                (Some(found), Some(told)) => told.could_be(&found.val),
                _ => true,
            }
        })
    }

    /// The blocks `name` of a body, `dynamic` ones unfolded; an attribute that holds an object or
    /// objects counts as blocks too.
    pub fn blocks(&self, view: &View, name: &str) -> Vec<View> {
        let mut out = Vec::new();
        if let From::Text(body, scope) = &view.from {
            let sources = &self.project.sources;
            for (file, block) in body.blocks(sources, name) {
                if block.kind == "dynamic" && name != "dynamic" {
                    self.dynamic(view, scope, file, &block, &mut out);
                } else {
                    out.push(View {
                        from: From::Text(Body::of(file, block.body), scope.clone()),
                        place: Place {
                            file,
                            span: block.header,
                        },
                        when: view.when.clone(),
                        maybe: view.maybe,
                        planned: None,
                    });
                }
            }
            let told = view.planned.as_deref().and_then(|t| t.field(name));
            if !out.is_empty() {
                return match told {
                    Some(told) => self.planned_blocks(told, out),
                    None => out,
                };
            }
            if told.is_none() && body.attribute(sources, name).is_none() {
                return out;
            }
        }
        if let Some(found) = self.attribute(view, name) {
            value_blocks(&found.val, &found, &mut out);
        }
        out
    }

    fn dynamic(
        &self,
        view: &View,
        scope: &Scope,
        file: FileId,
        block: &Block<'_>,
        out: &mut Vec<View>,
    ) {
        let sources = &self.project.sources;
        let tree = sources.tree(file);
        let place = Place {
            file,
            span: block.header,
        };
        let refuse = |what: &str| {
            self.report(Some(place), Message::new("evaluate.dynamic").arg(what));
        };
        let Some(for_each) = block.attribute("for_each") else {
            return refuse("for_each");
        };
        let mut contents = block.blocks("content");
        let Some(content) = contents.next() else {
            return refuse("content");
        };
        if contents.next().is_some() {
            return refuse("content");
        }
        let known = ["for_each", "iterator", "labels"];
        if let Some(other) = tree
            .attributes(block.body)
            .find(|a| !known.contains(&a.name))
        {
            return refuse(other.name);
        }
        let name: Arc<str> = match block.attribute("iterator").map(|a| tree.expr(a.value)) {
            Some(crate::load::syntax::Expr::Variable(name)) => name.into(),
            Some(_) => return refuse("iterator"),
            None => block.label(0).unwrap_or_default().into(),
        };
        let cx = Cx::new(tree, Some(file), scope.clone());
        let coll = self
            .certain(|| self.materialised(&self.expr(&cx, for_each.value)))
            .within(&view.when);
        let mut push = |key: Val, value: Val, when: World, maybe: bool| {
            let iterator = Val::object(vec![("key".into(), key), ("value".into(), value)]);
            out.push(View {
                from: From::Text(
                    Body::of(file, content.body),
                    scope.bind(Binding::Name(name.clone(), iterator)),
                ),
                place,
                when,
                maybe,
                planned: None,
            });
        };
        for (world, coll) in coll.alternatives() {
            let Some(when) = view.when.and(&world) else {
                continue;
            };
            if coll.is_null() {
                self.error(&cx, for_each.value, Message::new("evaluate.for-null"));
                continue;
            }
            match iterate(&coll) {
                Some(pairs) => {
                    for (k, v) in pairs {
                        push(k, v, when.clone(), view.maybe);
                    }
                }
                None => {
                    let unknown = matches!(coll.kind, Kind::Unknown(_) | Kind::Instance(_));
                    if !unknown {
                        self.error(
                            &cx,
                            for_each.value,
                            Message::new("evaluate.for-type").arg(coll.ty().friendly()),
                        );
                    }
                    let id = self.node_identity(&cx, for_each.value, coll.identity());
                    let elem = match coll.ty() {
                        Type::List(t) | Type::Set(t) | Type::Map(t) => (*t).clone(),
                        _ => Type::Dynamic,
                    };
                    let mut value = unknown_from(elem, "each", &[&coll]);
                    if let Kind::Unknown(u) = &mut value.kind {
                        let u = Arc::make_mut(u);
                        u.id = id;
                        u.not_null = false;
                    }
                    let key = Val::unknown(Type::Dynamic, mix(id, 1), Why::Instances, "key");
                    push(key, value, when, true);
                }
            }
        }
    }

    /// Every value at a path: `rule.destination.bucket` walks through all blocks `rule` and
    /// `destination`. Nothing where nothing is written.
    pub fn path(&self, view: &View, path: &str) -> Vec<Found> {
        let Some((first, rest)) = path.split_once('.') else {
            return self.attribute(view, path).into_iter().collect();
        };
        self.blocks(view, first)
            .iter()
            .flat_map(|v| self.path(v, rest))
            .collect()
    }

    /// A body as a value for conditions: attributes read when asked, what is not written is null,
    /// blocks are lists. `defaults` stand for what is not written.
    pub fn as_object(&self, view: &View, defaults: &[(Arc<str>, Val)]) -> Val {
        let mut views = self.views.borrow_mut();
        let number = views.len() as u32;
        views.push(std::rc::Rc::new((view.clone(), defaults.to_vec())));
        Kind::Instance(Arc::new(Ref {
            module: VIEW,
            resource: number,
            key: Key::None,
            path: "".into(),
        }))
        .into()
    }

    /// An attribute of a body that a condition looks at.
    pub(super) fn view_attribute(&self, number: u32, name: &str) -> Val {
        let entry = self.views.borrow()[number as usize].clone();
        let (view, defaults) = &*entry;
        let absent = || {
            defaults
                .iter()
                .find(|(n, _)| **n == *name)
                .map_or_else(Val::null, |(_, v)| v.clone())
        };
        if let Some(found) = self.attribute(view, name) {
            return match &found.val.kind {
                Kind::Null(_) => absent(),
                Kind::OneOf(alts) if alts.iter().any(|a| a.val.is_null()) => Val::one_of(
                    alts.iter()
                        .map(|a| {
                            let v = if a.val.is_null() {
                                absent()
                            } else {
                                a.val.clone()
                            };
                            (a.when.clone(), v)
                        })
                        .collect(),
                )
                .marked(found.val.marks),
                _ => found.val,
            };
        }
        let blocks = self.blocks(view, name);
        if blocks.is_empty() {
            return absent();
        }
        if blocks.iter().any(|b| b.maybe && !view.maybe) {
            let id = mix_bytes(mix(0xb10c, u64::from(number)), name.as_bytes());
            return Val::unknown(Type::Dynamic, id, Why::Instances, name);
        }
        // Blocks that are there in some worlds only: the list differs by world.
        let mut worlds: Vec<World> = Vec::new();
        for b in &blocks {
            if !worlds.iter().any(|w| w.texts() == b.when.texts()) {
                worlds.push(b.when.clone());
            }
        }
        let list = |world: Option<&World>| {
            Val::tuple(
                blocks
                    .iter()
                    .filter(|b| world.is_none_or(|w| b.when.agrees(w)))
                    .map(|b| self.as_object(b, &[]))
                    .collect(),
            )
        };
        if worlds.len() == 1 && worlds[0].texts() == view.when.texts() {
            return list(None);
        }
        let mut alts: Vec<(World, Val)> =
            worlds.iter().map(|w| (w.clone(), list(Some(w)))).collect();
        // The contrary of all of them: nothing is there. With one literal each this is exact.
        if let [only] = &worlds[..]
            && let [literal] = only.literals()
        {
            alts.push((World::of(literal.negate()), Val::tuple(Vec::new())));
        } else {
            let id = mix_bytes(mix(0xb10d, u64::from(number)), name.as_bytes());
            alts.push((
                World::ANY,
                Val::unknown(Type::Dynamic, id, Why::Instances, name),
            ));
        }
        Val::one_of(alts)
    }

    /// An attribute of a resource instance, as expressions read it.
    pub(super) fn resource_attribute(&self, r: &Arc<Ref>, name: &str) -> Val {
        let memo = (r.module, r.resource, r.key.clone(), Arc::<str>::from(name));
        if let Some(known) = self.attributes.borrow().get(&memo) {
            return known.clone();
        }
        let reference = extended(r, name);
        if self.busy.borrow().contains(&memo) {
            let address = self.address(&reference);
            self.report_always(None, Message::new("evaluate.cycle").arg(address));
            return Val::unknown(Type::Dynamic, reference.identity(), Why::Error, "");
        }
        self.busy.borrow_mut().insert(memo.clone());
        let v = self.certain(|| self.resource_attribute_value(r, &reference, name));
        self.busy.borrow_mut().remove(&memo);
        self.attributes.borrow_mut().insert(memo, v.clone());
        v
    }

    fn resource_attribute_value(&self, r: &Ref, reference: &Ref, name: &str) -> Val {
        let Some(view) = self.view_of(r) else {
            return self.computed(reference);
        };
        let inst = self.module_instance(r.module);
        let resource = &self.project.module(inst.module).resources[r.resource as usize];
        let built_in = resource.mode == Mode::Managed && &*resource.ty == "terraform_data";
        if resource.mode == Mode::Data
            && let Some(same) = self.types.same_as(&resource.ty)
            && let Some(managed) = self.same_managed(r, &view, &same)
        {
            return self.resource_attribute(&Arc::new(managed), name);
        }
        if resource.mode == Mode::Data
            && let Some(v) = self.remote_state(&resource.ty, &view, reference)
        {
            return v;
        }
        let written = |body: &Body| {
            let sources = &self.project.sources;
            body.attribute(sources, name).is_some() || !body.blocks(sources, name).is_empty()
        };
        if let Some(told) = view.planned.as_deref().and_then(|t| t.field(name))
            && !matches!(&view.from, From::Text(body, _) if written(body))
            && let Some(v) = told.unwritten()
        {
            return v.via(Arc::new(reference.clone()));
        }
        if let Some(answer) = self.types.answer(resource.mode, &resource.ty, name)
            && let Some(v) = self.answer(&answer, &view, reference)
        {
            return v;
        }
        if !META.contains(&name)
            && let Some(found) = self.attribute(&view, name)
        {
            let computed = || {
                if built_in {
                    Val::null()
                } else {
                    self.computed(reference)
                }
            };
            return match &found.val.kind {
                // Null is "not set": where the provider computes it, it will have a value.
                Kind::Null(_) => computed(),
                Kind::OneOf(alts) if alts.iter().any(|a| a.val.is_null()) => Val::one_of(
                    alts.iter()
                        .map(|a| {
                            let v = if a.val.is_null() {
                                computed()
                            } else {
                                a.val.clone()
                            };
                            (a.when.clone(), v)
                        })
                        .collect(),
                )
                .via(Arc::new(reference.clone())),
                // What is read through is where it came from: `x.bucket` set to `b.id` is b's.
                _ if found.val.via.is_some() => found.val,
                _ => found.val.via(Arc::new(reference.clone())),
            };
        }
        if built_in {
            return match name {
                "input" | "triggers_replace" => Val::null(),
                "id" => {
                    let mut v = self.computed(reference);
                    if let Kind::Unknown(u) = &mut v.kind {
                        let u = Arc::make_mut(u);
                        (u.not_null, u.ty) = (true, Type::String);
                    }
                    v
                }
                // What comes out is what was put in.
                "output" => {
                    let input = self.resource_attribute(&Arc::new(r.clone()), "input");
                    if self.strict && !input.is_null() {
                        let mut v = self.computed(reference);
                        if let Kind::Unknown(u) = &mut v.kind {
                            Arc::make_mut(u).ty = input.ty();
                        }
                        return v;
                    }
                    input
                }
                _ => {
                    self.report(
                        Some(view.place),
                        Message::new("evaluate.no-attribute").arg(name),
                    );
                    Val::unknown(Type::Dynamic, reference.identity(), Why::Error, "")
                }
            };
        }
        let blocks = self.blocks(&view, name);
        if blocks.is_empty() || blocks.iter().any(|b| b.maybe || !b.when.is_any()) {
            return self.computed(reference);
        }
        Val::tuple(
            blocks
                .iter()
                .map(|b| self.open_block(b, reference, 0))
                .collect(),
        )
    }

    /// A block as the object that expressions read; what is not written in it is computed.
    fn open_block(&self, view: &View, reference: &Ref, depth: u32) -> Val {
        let mut items = Vec::new();
        if let From::Text(body, _) = &view.from {
            let sources = &self.project.sources;
            for (_, a) in body.attributes(sources) {
                if let Some(found) = self.attribute(view, a.name)
                    && !found.val.is_null()
                {
                    let val = match found.val.via {
                        Some(_) => found.val,
                        None => found.val.via(Arc::new(extended(reference, a.name))),
                    };
                    items.push((a.name.into(), val));
                }
            }
            if depth < 8 {
                for kind in body.block_kinds(sources) {
                    let inner = self.blocks(view, &kind);
                    if inner.iter().any(|b| b.maybe || !b.when.is_any()) {
                        continue;
                    }
                    let reference = extended(reference, &kind);
                    let list = Val::tuple(
                        inner
                            .iter()
                            .map(|b| self.open_block(b, &reference, depth + 1))
                            .collect(),
                    );
                    items.push((kind.into(), list));
                }
            }
            if let Some(planned) = view.planned.as_deref() {
                for (name, told) in planned.fields() {
                    let known = items.iter().any(|(n, _): &(Arc<str>, Val)| n == name);
                    if let Some(v) = told.unwritten().filter(|_| !known) {
                        items.push((name.clone(), v.via(Arc::new(extended(reference, name)))));
                    }
                }
            }
        } else if let From::Value(v) = &view.from {
            return v.clone();
        }
        Val::open_object(items, Arc::new(reference.clone()))
    }

    /// The content of an instance.
    pub fn view(&self, id: super::evaluated::InstanceId) -> View {
        if let Some(from) = &self.from_plan {
            return self.planned_view(from, id);
        }
        let instance = self.instance(id);
        let mut view = self.view_of(&instance.reference()).unwrap_or_else(|| View {
            from: From::Value(Val::null()),
            place: instance.place,
            when: World::ANY,
            maybe: false,
            planned: None,
        });
        if let [only] = &instance.worlds[..] {
            view.when = only.clone();
        }
        view
    }

    pub(super) fn view_of(&self, r: &Ref) -> Option<View> {
        if let Some(from) = &self.from_plan {
            return self.planned_view_of(from, r);
        }
        let inst = self.module_instance(r.module);
        let resource = self
            .project
            .module(inst.module)
            .resources
            .get(r.resource as usize)?;
        let expansion = self.resource_expansion(r.module, r.resource)?;
        let expanded = &expansion.instances[*expansion.by_key.get(&r.key)? as usize];
        let id = super::modules::instance_identity(r.module, r.resource);
        Some(View {
            from: From::Text(resource.body.clone(), expanded.scope(r.module, id)),
            place: resource.place,
            when: World::ANY,
            maybe: false,
            planned: self.planned_value(r.module, r.resource, &r.key),
        })
    }

    /// The body of a resource of which there is no instance, as terraform checks it all the same.
    pub(super) fn view_of_none(&self, m: u32, r: u32) -> View {
        let module = self.project.module(self.module_instance(m).module);
        let resource = &module.resources[r as usize];
        let id = super::modules::instance_identity(m, r);
        View {
            from: From::Text(
                resource.body.clone(),
                super::modules::Expanded::any().scope(m, id),
            ),
            place: resource.place,
            when: World::ANY,
            maybe: false,
            planned: None,
        }
    }

    /// The backend's body, with what the command line and files give for it (`backend_given`).
    pub fn backend(&self) -> Option<View> {
        let backend = self.project.module(self.root.module).backend.as_ref()?;
        Some(View {
            // Terraform takes no references here, OpenTofu those to variables and locals.
            from: From::Text(backend.body.clone(), Scope::module(0)),
            place: backend.place,
            when: World::ANY,
            maybe: false,
            planned: None,
        })
    }

    /// The value that the command line or a backend file gives for a backend setting.
    pub fn backend_given(&self, name: &str) -> Option<Val> {
        use crate::load::project::GivenValue;
        let of_set = self.set.backend_config.iter();
        let given = of_set
            .chain(&self.root.backend_config)
            .rev()
            .find(|g| *g.name == *name)?;
        Some(match &given.value {
            GivenValue::Node(file, node, _) => {
                let tree = self.project.sources.tree(*file);
                self.expr(&Cx::new(tree, Some(*file), Scope::module(NO_MODULE)), *node)
            }
            GivenValue::Argument(text) | GivenValue::Environment(text) => Val::text(text),
        })
    }
}

/// A value that has no expression in the text: it stands at the header of its body.
fn without_text(view: &View, val: &Val) -> Found {
    Found {
        val: val.within(&view.when),
        place: view.place,
        header: view.place,
        when: view.when.clone(),
        maybe: view.maybe,
        origin: None,
    }
}

/// An attribute's value as blocks: an object is one, a list of objects are several.
fn value_blocks(v: &Val, found: &Found, out: &mut Vec<View>) {
    let view = |v: &Val, when: World, maybe: bool| View {
        from: From::Value(v.clone()),
        place: found.place,
        when,
        maybe,
        planned: None,
    };
    match &v.kind {
        Kind::OneOf(alts) => {
            for a in alts.iter() {
                let Some(when) = found.when.and(&a.when) else {
                    continue;
                };
                let found = Found {
                    when,
                    ..found.clone()
                };
                value_blocks(&a.val.clone().marked(v.marks), &found, out);
            }
        }
        Kind::Object(_) | Kind::Map(_) => out.push(view(v, found.when.clone(), found.maybe)),
        Kind::List(_) | Kind::Set(_) | Kind::Tuple(_) => {
            for item in v.as_seq().unwrap_or(&[]) {
                if matches!(item.kind, Kind::OneOf(_)) {
                    value_blocks(item, found, out);
                } else if item.as_fields().is_some() || !item.is_known() {
                    let item = item.clone().marked(v.marks);
                    out.push(view(&item, found.when.clone(), found.maybe));
                }
            }
        }
        Kind::Unknown(_) | Kind::Instance(_) => out.push(view(v, found.when.clone(), true)),
        _ => {}
    }
}
