//! The editor's own language server on this machine: it knows the limits, and is asked without a login.

use super::{database, pooled, status, summary};
use claudometer_core::{
    Account, ProviderId, Seat, Trouble, gate::Cadence, settings::ProviderSettings,
};
use claudometer_host::{Host, http::Request, process::Serving, redact};
use claudometer_provider::{
    Ask, Draft, FetchError, Fingerprint, Found, Recorded, Report, Source, SourceSpec, answer, key,
    lenient, replay::Stage,
};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};

/// How long one port may take to answer.
const WITHIN: Duration = Duration::from_secs(3);
/// What it is asked as.
const BODY: &str = r#"{"metadata":{"ideName":"antigravity","extensionName":"antigravity","ideVersion":"unknown","locale":"en"}}"#;
const TOKEN: &str = "--csrf_token";

/// The running editor's server.
pub(super) static SERVER: Server = Server {
    spec: SourceSpec {
        id: "server",
        label: "the running editor",
        reads: "The port and the session token of the editor's own server, among the programs that run; nothing is written.",
        sends: "Asks nobody beyond this machine: the editor's own server answers.",
        cadence: Cadence { normal_s: 300, floor_s: 60 },
        passive: false,
        opt_in: false,
    },
};

/// A source that is a server of the editor.
#[derive(Debug)]
pub(super) struct Server {
    spec: SourceSpec,
}

impl Source for Server {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let database = database(host);
            // An editor that was signed out says so in its own database; without one it was never used.
            if !host.files.is_file(&database) || status(host).is_none() {
                return Vec::new();
            }
            let place = host.tilde(&database);
            let seat = Seat {
                provider: ProviderId::new("antigravity"),
                account: key::account_at(&place, 0),
            };
            vec![Found { seat, account: super::account(host), place, home: None }]
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        vec![database(host)]
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move { Ok(Fingerprint::of_name(&ask.host.tilde(&database(ask.host)))) }.boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        answered(ask.host).boxed()
    }
}

/// The first port of the first server that tells something.
async fn answered(host: &Host) -> Result<Report, FetchError> {
    let mut servers = host.processes.serving("language_server", "antigravity").await;
    servers.extend(host.processes.serving("agy", "").await);
    let mut last = FetchError::local(Trouble::AuthMissing, "The editor is not running.");
    for server in servers {
        let Some(token) = server.value_of(TOKEN) else { continue };
        redact::register(token.expose_secret());
        for base in bases(&server) {
            match told(&base, &token, host).await {
                Ok(report) => return Ok(report),
                Err(error) => last = error,
            }
        }
    }
    Err(last)
}

/// Its own port serves TLS; the one for its extension, which is an argument, does not.
fn bases(server: &Serving) -> Vec<String> {
    let secure = server.ports.iter().map(|port| format!("https://127.0.0.1:{port}"));
    let named = server.value_of("--extension_server_port");
    let plain = named.and_then(|port| port.expose_secret().parse::<u16>().ok());
    secure.chain(plain.map(|port| format!("http://127.0.0.1:{port}"))).collect()
}

/// The summary; where the server has none yet, the quotas of its models.
async fn told(base: &str, token: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let ask = async |method: &str| {
        let url = format!("{base}/exa.language_server_pb.LanguageServerService/{method}");
        let request = Request::post(url, BODY)
            .header("connect-protocol-version", "1")
            .header("x-codeium-csrf-token", token.clone())
            .within(WITHIN)
            .staying_here();
        super::VENDOR.read(&answer::send(host, request).await?, host.now())
    };
    let (user, summarised) = (ask("GetUserStatus").await, ask("RetrieveUserQuotaSummary").await);
    let (mut draft, answer) = match (summarised, &user) {
        (Ok(answer), _) if summary(&answer).tells() => (summary(&answer), answer),
        (_, Ok(user)) => (of_user(user), user.clone()),
        (Ok(answer), Err(_)) => (summary(&answer), answer),
        (Err(error), Err(_)) => return Err(error),
    };
    if let Ok(user) = &user {
        let told = of_user(user);
        (draft.plan, draft.account) = (told.plan, told.account);
    }
    draft.finish(&answer)
}

/// Plan, account and the quotas of the models, of the answer about the user.
fn of_user(answer: &Value) -> Draft {
    let user = &answer["userStatus"];
    let mut draft = Draft::new();
    let configs = draft.elements(
        "clientModelConfigs",
        &user["cascadeModelConfigData"]["clientModelConfigs"],
    );
    let named = configs
        .into_iter()
        .filter_map(|config| Some((lenient::text(&config["label"])?, &config["quotaInfo"])));
    pooled(&mut draft, named);
    let email = lenient::text(&user["email"]);
    draft.account = email.map(|email| Account { email: Some(email), ..Account::default() });
    let plans = [&user["userTier"]["name"], &user["planStatus"]["planInfo"]["planName"]];
    draft.plan = plans.into_iter().find_map(lenient::text);
    draft
}

/// A record of a call without a method is of the vendor's own hosts, one with is of the running editor.
pub(super) fn stage(recorded: &Recorded) -> Stage {
    let method =
        ["RetrieveUserQuotaSummary", "GetUserStatus"].into_iter().find(|name| recorded.asks(name));
    let Some(method) = method else { return Stage::keyed(recorded) };
    let noted = r#"{"antigravityAuthStatus":"{\"apiKey\":\"ya29.recorded\"}"}"#;
    Stage::of("server")
            .file(".config/Antigravity/User/globalStorage/state.vscdb", noted)
            .program("ps", b"7 /opt/antigravity/bin/language_server_linux_x64 --csrf_token recorded\n")
            .program("lsof", b"p7\nn127.0.0.1:4001\n")
            .answer(method, recorded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use claudometer_host::{
        Http, Processes,
        http::{HttpError, Response},
        process::{Output, ProcessError},
    };

    fn host(answer: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Host {
        let printed = |command: &claudometer_host::process::Command| {
            let printed = match command.program.to_str() {
                Some("ps") => {
                    "7 /opt/antigravity/bin/language_server_linux_x64 --csrf_token t-0-k-e-n --extension_server_port 9\n"
                }
                Some("lsof") => "p7\nn127.0.0.1:4001\nn127.0.0.1:4002\n",
                _ => return Err(ProcessError::NotFound),
            };
            Ok(Output { code: Some(0), stdout: printed.into(), stderr: Vec::new() })
        };
        let http = Http::recorded(move |request| {
            assert!(request.stays_here && request.url.contains("//127.0.0.1:"), "{}", request.url);
            assert_eq!(request.sent("x-codeium-csrf-token"), Some("t-0-k-e-n"));
            let body = answer(&request.url).ok_or(HttpError::Connect)?;
            Ok(Response { status: 200, headers: Vec::new(), body: body.into() })
        });
        Host {
            http,
            processes: Processes::scripted(printed, |_| Err(ProcessError::NotFound)),
            ..testing::host(&[])
        }
    }

    const SUMMARY: &str = r#"{"groups":[{"buckets":[{"bucketId":"gemini-5h","remaining":{"remainingFraction":0.7}}]}]}"#;
    const USER: &str = r#"{"userStatus":{"email":"gil@example.com","userTier":{"name":"Google AI Pro"},"cascadeModelConfigData":{"clientModelConfigs":[{"label":"Gemini 3 Pro (High)","quotaInfo":{"remainingFraction":0.2}}]}}}"#;

    #[tokio::test]
    async fn the_first_port_that_speaks_tells_the_summary_and_whose_it_is() {
        let reading = answered(&host(|url| match url {
            url if !url.starts_with("https://127.0.0.1:4002/") => None,
            url if url.ends_with("GetUserStatus") => Some(USER),
            _ => Some(SUMMARY),
        }))
        .await
        .unwrap()
        .reading;
        assert_eq!(reading.plan.as_deref(), Some("Google AI Pro"));
        let used = reading.windows[0].used.map(|used| used.get().round());
        assert_eq!((reading.windows[0].id.as_str(), used), ("gemini-5h", Some(30.0)));
    }

    #[tokio::test]
    async fn a_server_without_a_summary_tells_its_models_and_a_silent_one_an_error() {
        let models = answered(&host(|url| match url {
            url if url.ends_with("GetUserStatus") => Some(USER),
            _ => Some("{}"),
        }))
        .await
        .unwrap()
        .reading;
        assert_eq!(models.windows[0].id, "gemini-pro");
        let silent = answered(&host(|_| Some("{}"))).await.unwrap_err();
        assert_eq!(silent.trouble, Trouble::BadPayload);
        let nobody = answered(&testing::host(&[])).await.unwrap_err();
        assert_eq!(nobody.trouble, Trouble::AuthMissing);
    }
}
