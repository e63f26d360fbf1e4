//! `com.canonical.dbusmenu`: the rows, asked for by the host, told of when they change.
#![expect(
    clippy::used_underscore_binding,
    clippy::needless_pass_by_value,
    reason = "the interface macro hands on every argument, and owns what it has read from the bus"
)]

use crate::{
    Event,
    shown::{Numbers, Shared},
};
use claudometer_view::tray::{Row, RowKind};
use std::{collections::HashMap, sync::Arc};
use zbus::{
    fdo, interface,
    object_server::SignalEmitter,
    zvariant::{StructureBuilder, Value},
};

pub(crate) const PATH: &str = "/MenuBar";
/// The number of the menu itself.
pub(crate) const ROOT: i32 = 0;

/// Properties of a row, those with their default left out.
pub(crate) type Properties = HashMap<&'static str, Value<'static>>;
/// A row with what is inside it.
type Layout = (i32, Properties, Vec<Value<'static>>);
/// A row's number, kind of event, its data, a time stamp.
type Click = (i32, String, zbus::zvariant::OwnedValue, u32);

/// The object.
#[derive(Debug)]
pub(crate) struct Menu(pub(crate) Arc<Shared>);

/// An underscore marks a mnemonic unless it is doubled.
fn plain(label: &str) -> String {
    label.replace('_', "__")
}

/// What may change of a row without a change of shape.
pub(crate) fn texts(row: &Row) -> Properties {
    HashMap::from([
        ("label", Value::from(plain(&row.label))),
        ("enabled", Value::from(row.enabled)),
    ])
}

fn properties(row: &Row) -> Properties {
    match row.kind {
        RowKind::Separator => HashMap::from([("type", Value::from("separator"))]),
        RowKind::Submenu(_) => {
            let mut properties = texts(row);
            properties.insert("children-display", Value::from("submenu"));
            properties
        }
        RowKind::Heading | RowKind::Info | RowKind::Action => texts(row),
    }
}

fn only(mut properties: Properties, wanted: &[String]) -> Properties {
    properties.retain(|name, _| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name));
    properties
}

fn root_properties() -> Properties {
    HashMap::from([("children-display", Value::from("submenu"))])
}

/// Rows inside one, to a depth; `None` is without limit.
fn children(
    rows: &[Row],
    depth: Option<u32>,
    wanted: &[String],
    numbers: &Numbers,
) -> Vec<Value<'static>> {
    if depth == Some(0) {
        return Vec::new();
    }
    let deeper = depth.map(|depth| depth - 1);
    let layout = |row: &Row| {
        let inside = children(row.children(), deeper, wanted, numbers);
        let fields = StructureBuilder::new()
            .add_field(numbers.of(row))
            .add_field(only(properties(row), wanted))
            .add_field(inside);
        fields.build().map(Value::from)
    };
    rows.iter().filter_map(|row| layout(row).ok()).collect()
}

fn find<'a>(rows: &'a [Row], number: i32, numbers: &Numbers) -> Option<&'a Row> {
    rows.iter().find_map(|row| {
        if numbers.of(row) == number { Some(row) } else { find(row.children(), number, numbers) }
    })
}

fn flat(rows: &[Row]) -> Vec<&Row> {
    rows.iter().flat_map(|row| std::iter::once(row).chain(flat(row.children()))).collect()
}

impl Menu {
    fn layout(&self, parent: i32, depth: Option<u32>, wanted: &[String]) -> Option<(u32, Layout)> {
        let shown = self.0.shown();
        let (properties, rows) = if parent == ROOT {
            (root_properties(), shown.model.rows.as_slice())
        } else {
            let row = find(&shown.model.rows, parent, &shown.numbers)?;
            (properties(row), row.children())
        };
        let inside = children(rows, depth, wanted, &shown.numbers);
        Some((shown.revision, (parent, only(properties, wanted), inside)))
    }

    /// Whether such a row is shown. A click on one that does nothing is no error.
    fn click(&self, number: i32, kind: &str) -> bool {
        let (known, action) = {
            let shown = self.0.shown();
            let row = find(&shown.model.rows, number, &shown.numbers);
            (
                row.is_some() || number == ROOT,
                row.filter(|row| row.enabled).and_then(|row| row.action.clone()),
            )
        };
        if let Some(action) = action.filter(|_| kind == "clicked") {
            self.0.tell(Event::Action { action, token: self.0.take_token() });
        }
        known
    }
}

fn no_such_row(number: i32) -> fdo::Error {
    fdo::Error::InvalidArgs(format!("there is no row {number}"))
}

#[interface(name = "com.canonical.dbusmenu", spawn = false)]
#[expect(clippy::unused_self, reason = "constant properties of the interface")]
impl Menu {
    fn get_layout(
        &self,
        parent_id: i32,
        recursion_depth: i32,
        property_names: Vec<String>,
    ) -> fdo::Result<(u32, Layout)> {
        let depth = u32::try_from(recursion_depth).ok(); // -1: everything
        self.layout(parent_id, depth, &property_names).ok_or_else(|| no_such_row(parent_id))
    }

    /// No ids at all asks for every row.
    fn get_group_properties(
        &self,
        ids: Vec<i32>,
        property_names: Vec<String>,
    ) -> Vec<(i32, Properties)> {
        let shown = self.0.shown();
        let root = (ROOT, only(root_properties(), &property_names));
        let rows = flat(&shown.model.rows)
            .into_iter()
            .map(|row| (shown.numbers.of(row), only(properties(row), &property_names)));
        std::iter::once(root)
            .chain(rows)
            .filter(|(number, _)| ids.is_empty() || ids.contains(number))
            .collect()
    }

    fn get_property(&self, id: i32, name: String) -> fdo::Result<Value<'static>> {
        let found =
            self.get_group_properties(vec![id], vec![name]).pop().ok_or_else(|| no_such_row(id))?;
        found
            .1
            .into_values()
            .next()
            .ok_or_else(|| fdo::Error::InvalidArgs("the row has no such property".to_owned()))
    }

    fn event(&self, id: i32, event_id: &str, _data: Value<'_>, _timestamp: u32) -> fdo::Result<()> {
        if self.click(id, event_id) { Ok(()) } else { Err(no_such_row(id)) }
    }

    /// Answers which rows there are not.
    fn event_group(&self, events: Vec<Click>) -> Vec<i32> {
        events
            .into_iter()
            .filter(|(id, kind, ..)| !self.click(*id, kind))
            .map(|(id, ..)| id)
            .collect()
    }

    /// What is shown is always what is known: nothing to update first.
    fn about_to_show(&self, _id: i32) -> bool {
        false
    }

    fn about_to_show_group(&self, _ids: Vec<i32>) -> (Vec<i32>, Vec<i32>) {
        (Vec::new(), Vec::new())
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> u32 {
        3
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn text_direction(&self) -> &'static str {
        "ltr"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn status(&self) -> &'static str {
        "normal"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(signal)]
    pub(crate) async fn items_properties_updated(
        emitter: &SignalEmitter<'_>,
        updated: Vec<(i32, Properties)>,
        removed: Vec<(i32, Vec<String>)>,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn layout_updated(
        emitter: &SignalEmitter<'_>,
        revision: u32,
        parent: i32,
    ) -> zbus::Result<()>;
}
