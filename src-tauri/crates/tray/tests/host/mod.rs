//! A desktop with a tray, as far as an item can see it.

use futures::StreamExt as _;
use serde::Serialize;
use std::{
    future::Future,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;
use zbus::{
    Connection, MatchRule, Message, MessageStream, Proxy,
    fdo::DBusProxy,
    interface,
    object_server::SignalEmitter,
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Value},
};

const INSIDE: &str = "CLAUDOMETER_TEST_INSIDE";
const LONGEST: Duration = Duration::from_secs(20);

/// Runs the body in a process of its own, whose session bus is a fresh one that can start nothing.
pub(crate) fn on_a_private_bus(test: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_some() {
        return run(body);
    }
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bus.conf");
    let text = format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#,
        folder.path().display()
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.arg("--config-file").arg(&config).arg("--").arg(std::env::current_exe().unwrap());
    repeat(command, test);
}

/// Runs the body in a process of its own, that knows of no session bus.
pub(crate) fn without_a_bus(test: &str, body: impl Future<Output = ()>) {
    if std::env::var_os(INSIDE).is_some() {
        return run(body);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    repeat(command, test);
}

fn repeat(mut command: Command, test: &str) {
    let output = command.args(["--exact", test, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "the test was not found again: {said}");
}

/// As the resident runs: one thread.
fn run(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST, body).await }).unwrap();
}

struct Watcher {
    registered: mpsc::UnboundedSender<String>,
    host: Arc<AtomicBool>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String) {
        self.registered.send(service).unwrap();
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.host.load(Ordering::Relaxed)
    }

    #[zbus(signal)]
    async fn status_notifier_host_registered(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// A watcher of items with, or without, somebody who draws them.
pub(crate) struct Desktop {
    connection: Connection,
    registered: mpsc::UnboundedReceiver<String>,
    host: Arc<AtomicBool>,
}

impl Desktop {
    pub(crate) async fn start() -> Self {
        Self::with_host(true).await
    }

    pub(crate) async fn start_without_host() -> Self {
        Self::with_host(false).await
    }

    async fn with_host(host: bool) -> Self {
        let (tell, registered) = mpsc::unbounded_channel();
        let host = Arc::new(AtomicBool::new(host));
        let watcher = Watcher { registered: tell, host: host.clone() };
        let builder = zbus::connection::Builder::session().unwrap();
        let builder = builder
            .serve_at("/StatusNotifierWatcher", watcher)
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap();
        Self { connection: builder.build().await.unwrap(), registered, host }
    }

    /// The bus name of the next item that registers.
    pub(crate) async fn registered(&mut self) -> String {
        self.registered.recv().await.unwrap()
    }

    pub(crate) async fn host_comes(&self) {
        self.host.store(true, Ordering::Relaxed);
        let emitter = SignalEmitter::new(&self.connection, "/StatusNotifierWatcher").unwrap();
        Watcher::status_notifier_host_registered(&emitter).await.unwrap();
    }

    pub(crate) async fn owns(&self, name: &str) -> bool {
        let bus = DBusProxy::new(&self.connection).await.unwrap();
        bus.name_has_owner(name.try_into().unwrap()).await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.connection.close().await.unwrap();
    }
}

/// The item, seen from a panel.
pub(crate) struct Item {
    name: String,
    proxy: Proxy<'static>,
}

type Picture = (i32, i32, Vec<u8>);

impl Item {
    pub(crate) async fn at(name: &str) -> Self {
        let connection = Connection::session().await.unwrap();
        let builder = zbus::proxy::Builder::<Proxy<'static>>::new(&connection);
        let builder =
            builder.destination(name.to_owned()).unwrap().path("/StatusNotifierItem").unwrap();
        let builder = builder
            .interface("org.kde.StatusNotifierItem")
            .unwrap()
            .cache_properties(zbus::proxy::CacheProperties::No);
        Self { name: name.to_owned(), proxy: builder.build().await.unwrap() }
    }

    pub(crate) async fn text(&self, property: &str) -> String {
        self.proxy.get_property(property).await.unwrap()
    }

    pub(crate) async fn pixmaps(&self) -> Vec<Picture> {
        self.proxy.get_property("IconPixmap").await.unwrap()
    }

    pub(crate) async fn tooltip(&self) -> (String, String) {
        let (_, _, title, text): (String, Vec<Picture>, String, String) =
            self.proxy.get_property("ToolTip").await.unwrap();
        (title, text)
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        arguments: &(impl Serialize + DynamicType + Sync),
    ) {
        let () = self.proxy.call(method, arguments).await.unwrap();
    }

    pub(crate) async fn signals(&self) -> Signals {
        signals(self.proxy.connection(), "org.kde.StatusNotifierItem", None).await
    }
}

/// Signals in the order of their arrival.
pub(crate) struct Signals(MessageStream);

async fn signals(
    connection: &Connection,
    interface: &'static str,
    member: Option<&'static str>,
) -> Signals {
    let rule =
        MatchRule::builder().msg_type(zbus::message::Type::Signal).interface(interface).unwrap();
    let rule = match member {
        Some(member) => rule.member(member).unwrap(),
        None => rule,
    };
    Signals(MessageStream::for_match_rule(rule.build(), connection, None).await.unwrap())
}

impl Signals {
    async fn next(&mut self) -> Message {
        self.0.next().await.unwrap().unwrap()
    }

    pub(crate) async fn next_name(&mut self) -> String {
        self.next().await.header().member().unwrap().to_string()
    }

    /// Numbers and new labels of the rows that changed in place.
    pub(crate) async fn next_texts(&mut self) -> Vec<(i32, String)> {
        type Updated = Vec<(i32, std::collections::HashMap<String, OwnedValue>)>;
        let message = self.next().await;
        let (updated, _removed): (Updated, Vec<(i32, Vec<String>)>) =
            message.body().deserialize().unwrap();
        updated
            .into_iter()
            .map(|(number, properties)| {
                (number, String::try_from(properties["label"].clone()).unwrap())
            })
            .collect()
    }

    pub(crate) async fn next_revision(&mut self) -> u32 {
        let message = self.next().await;
        let (revision, parent): (u32, i32) = message.body().deserialize().unwrap();
        assert_eq!(parent, 0);
        revision
    }
}

/// A row as the host reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenRow {
    pub(crate) number: i32,
    pub(crate) depth: usize,
    pub(crate) label: String,
    pub(crate) enabled: bool,
    /// `separator`, `submenu` or nothing.
    pub(crate) kind: String,
}

/// The menu as the host reads it.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) revision: u32,
    pub(crate) rows: Vec<SeenRow>,
}

impl Layout {
    pub(crate) fn number(&self, label: &str) -> i32 {
        self.rows.iter().find(|row| row.label == label).unwrap().number
    }

    pub(crate) fn numbers(&self) -> Vec<i32> {
        self.rows.iter().map(|row| row.number).collect()
    }
}

/// The host that shows the menu.
pub(crate) struct Panel {
    connection: Connection,
    menu: Proxy<'static>,
}

type Node = (i32, std::collections::HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Panel {
    pub(crate) async fn of(item: &Item) -> Self {
        let path: OwnedObjectPath = item.proxy.get_property("Menu").await.unwrap();
        let connection = item.proxy.connection().clone();
        let menu = Proxy::new(&connection, item.name.clone(), path, "com.canonical.dbusmenu")
            .await
            .unwrap();
        Self { connection, menu }
    }

    pub(crate) async fn layout(&self) -> Layout {
        self.layout_of(0, -1).await
    }

    pub(crate) async fn layout_of(&self, parent: i32, depth: i32) -> Layout {
        let (revision, (number, _, children)): (u32, Node) =
            self.menu.call("GetLayout", &(parent, depth, Vec::<String>::new())).await.unwrap();
        assert_eq!(number, parent);
        let mut rows = Vec::new();
        for child in children {
            read(child, 0, &mut rows);
        }
        Layout { revision, rows }
    }

    pub(crate) async fn knows(&self, number: i32) -> bool {
        let answer: zbus::Result<(u32, Node)> =
            self.menu.call("GetLayout", &(number, -1, Vec::<String>::new())).await;
        answer.is_ok()
    }

    pub(crate) async fn label(&self, number: i32) -> String {
        let value: OwnedValue = self.menu.call("GetProperty", &(number, "label")).await.unwrap();
        String::try_from(value).unwrap()
    }

    pub(crate) async fn click(&self, number: i32) {
        self.event(number, "clicked").await;
    }

    pub(crate) async fn hover(&self, number: i32) {
        self.event(number, "hovered").await;
    }

    async fn event(&self, number: i32, kind: &str) {
        let () = self.menu.call("Event", &(number, kind, Value::from(0_i32), 0_u32)).await.unwrap();
    }

    pub(crate) async fn click_group(&self, numbers: &[i32]) -> Vec<i32> {
        let events: Vec<_> =
            numbers.iter().map(|number| (*number, "clicked", Value::from(0_i32), 0_u32)).collect();
        self.menu.call("EventGroup", &(events,)).await.unwrap()
    }

    pub(crate) async fn texts(&self) -> Signals {
        signals(&self.connection, "com.canonical.dbusmenu", Some("ItemsPropertiesUpdated")).await
    }

    pub(crate) async fn layouts(&self) -> Signals {
        signals(&self.connection, "com.canonical.dbusmenu", Some("LayoutUpdated")).await
    }
}

fn read(value: OwnedValue, depth: usize, rows: &mut Vec<SeenRow>) {
    let (number, mut properties, children): Node =
        zbus::zvariant::Structure::try_from(value).unwrap().try_into().unwrap();
    let mut text =
        |name: &str| properties.remove(name).map(|value| String::try_from(value).unwrap());
    let (label, separator, submenu) = (text("label"), text("type"), text("children-display"));
    let enabled = properties.remove("enabled").is_none_or(|value| bool::try_from(value).unwrap());
    rows.push(SeenRow {
        number,
        depth,
        label: label.unwrap_or_default(),
        enabled,
        kind: separator.or(submenu).unwrap_or_default(),
    });
    for child in children {
        read(child, depth + 1, rows);
    }
}
