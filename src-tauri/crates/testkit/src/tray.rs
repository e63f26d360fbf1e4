//! A tray host: the watcher that items register with, and what a panel would read and click.
#![allow(missing_docs, reason = "the interface macro makes methods that nobody calls by name")]

use crate::wait;
use anyhow::{Context as _, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use zbus::{
    Connection, Proxy, connection, interface,
    object_server::SignalEmitter,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

const WITHIN: Duration = Duration::from_secs(10);

type Items = Arc<Mutex<Vec<(String, String)>>>;

/// The watcher, as a panel runs it. Gone when dropped.
#[derive(Debug)]
pub struct TrayHost {
    connection: Connection,
    items: Items,
}

struct Watcher(Items);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &mut self,
        service: String,
        #[zbus(header)] header: zbus::message::Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') {
            (sender, service.clone())
        } else {
            (service.clone(), "/StatusNotifierItem".to_owned())
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
        Self::status_notifier_item_registered(&emitter, &service).await.ok(); // nobody listens but the item itself
    }

    fn register_status_notifier_host(&mut self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(name, path)| format!("{name}{path}"))
            .collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(
        emitter: &SignalEmitter<'_>,
        service: &str,
    ) -> zbus::Result<()>;
    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// A row of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuRow {
    /// Its number.
    pub id: i32,
    /// Its text, without mnemonic escapes.
    pub label: String,
    /// Whether it can be clicked.
    pub enabled: bool,
    /// How deep it lies in submenus.
    pub depth: usize,
}

/// A registered item, as a panel sees it.
#[derive(Debug, Clone)]
pub struct Item {
    item: Proxy<'static>,
    menu: Proxy<'static>,
}

type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));

impl TrayHost {
    /// Takes the watcher's name on a bus.
    pub async fn start(address: &str) -> Result<Self> {
        let items = Items::default();
        let connection = connection::Builder::address(address)?
            .serve_at("/StatusNotifierWatcher", Watcher(Arc::clone(&items)))?
            .name("org.kde.StatusNotifierWatcher")?
            .build()
            .await?;
        Ok(Self { connection, items })
    }

    /// How many registrations came so far.
    pub fn registrations(&self) -> usize {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Waits for an item to register.
    pub async fn item(&self) -> Result<Item> {
        let bus = zbus::fdo::DBusProxy::new(&self.connection).await?;
        // An item of a program that has been killed is still listed; its name is gone.
        let found = async || {
            let last = self.items.lock().unwrap_or_else(PoisonError::into_inner).last().cloned()?;
            let name = last.0.as_str().try_into().ok()?;
            bus.name_has_owner(name).await.ok()?.then_some(last)
        };
        let (name, path) = wait::until("a tray item", WITHIN, found).await?;
        let item =
            uncached(&self.connection, name.clone(), path, "org.kde.StatusNotifierItem").await?;
        let menu: OwnedObjectPath = item.get_property("Menu").await?;
        let menu =
            uncached(&self.connection, name, menu.to_string(), "com.canonical.dbusmenu").await?;
        Ok(Item { item, menu })
    }
}

async fn uncached(
    bus: &Connection,
    name: String,
    path: String,
    interface: &'static str,
) -> Result<Proxy<'static>> {
    let builder = zbus::proxy::Builder::<Proxy<'static>>::new(bus)
        .destination(name)?
        .path(path)?
        .interface(interface)?;
    Ok(builder.cache_properties(zbus::proxy::CacheProperties::No).build().await?)
}

impl Item {
    /// A text property, such as `Title` or `XAyatanaLabel`.
    pub async fn text(&self, property: &str) -> Result<String> {
        Ok(self.item.get_property(property).await?)
    }

    /// The tooltip: title and text.
    pub async fn tooltip(&self) -> Result<(String, String)> {
        type Pixmap = (i32, i32, Vec<u8>);
        let value: OwnedValue = self.item.get_property("ToolTip").await?;
        let (_, _, title, text): (String, Vec<Pixmap>, String, String) =
            value.try_into().context("a tooltip")?;
        Ok((title, text))
    }

    /// Sizes of the pixmaps.
    pub async fn icon_sizes(&self) -> Result<Vec<i32>> {
        let pixmaps: Vec<(i32, i32, Vec<u8>)> = self
            .item
            .get_property::<OwnedValue>("IconPixmap")
            .await?
            .try_into()
            .context("pixmaps")?;
        Ok(pixmaps.into_iter().map(|(width, _, _)| width).collect())
    }

    /// The menu's revision and rows.
    pub async fn menu(&self) -> Result<(u32, Vec<MenuRow>)> {
        let _: bool = self.menu.call("AboutToShow", &(0_i32,)).await?;
        let (revision, (_, _, children)): Layout =
            self.menu.call("GetLayout", &(0_i32, -1_i32, Vec::<String>::new())).await?;
        let mut rows = Vec::new();
        for child in &children {
            collect(child, 0, &mut rows);
        }
        Ok((revision, rows))
    }

    /// Labels of the menu.
    pub async fn labels(&self) -> Result<Vec<String>> {
        Ok(self
            .menu()
            .await?
            .1
            .into_iter()
            .map(|row| row.label)
            .filter(|label| !label.is_empty())
            .collect())
    }

    /// Waits until a label contains `text`, and gives the row.
    pub async fn row(&self, text: &str) -> Result<MenuRow> {
        let mut last = Vec::new();
        let found = wait::until(text, WITHIN, async || {
            last = self.menu().await.ok()?.1;
            last.iter().find(|row| row.label.contains(text)).cloned()
        });
        let found = found.await;
        found.with_context(|| {
            format!("the menu has {:#?}", last.iter().map(|row| &row.label).collect::<Vec<_>>())
        })
    }

    /// Clicks the row whose label contains `text`.
    pub async fn click(&self, text: &str) -> Result<()> {
        let row = self.row(text).await?;
        Ok(self.menu.call("Event", &(row.id, "clicked", Value::new(0_i32), 0_u32)).await?)
    }

    /// Left click on the icon.
    pub async fn activate(&self) -> Result<()> {
        Ok(self.item.call("Activate", &(0_i32, 0_i32)).await?)
    }

    /// Middle click on the icon.
    pub async fn middle_click(&self) -> Result<()> {
        Ok(self.item.call("SecondaryActivate", &(0_i32, 0_i32)).await?)
    }

    /// The wheel over the icon.
    pub async fn scroll(&self, delta: i32) -> Result<()> {
        Ok(self.item.call("Scroll", &(delta, "vertical")).await?)
    }
}

fn collect(value: &Value<'_>, depth: usize, rows: &mut Vec<MenuRow>) {
    let inner = match value {
        Value::Value(inner) => inner,
        other => other,
    };
    let Value::Structure(structure) = inner else { return };
    let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = structure.fields()
    else {
        return;
    };
    let property = |name: &str| {
        let found = properties
            .iter()
            .find(|(key, _)| matches!(key, Value::Str(key) if key.as_str() == name));
        found.and_then(|(_, value)| value.try_clone().ok())
    };
    let text = |value: Option<Value<'_>>| match value {
        Some(Value::Str(text)) => text.replace("__", "_"),
        Some(Value::Value(inner)) => match *inner {
            Value::Str(ref text) => text.replace("__", "_"),
            _ => String::new(),
        },
        _ => String::new(),
    };
    let enabled = match property("enabled") {
        Some(Value::Bool(enabled)) => enabled,
        Some(Value::Value(inner)) => *inner != Value::Bool(false),
        _ => true,
    };
    rows.push(MenuRow { id: *id, label: text(property("label")), enabled, depth });
    for child in children.iter() {
        collect(child, depth + 1, rows);
    }
}
