//! The conversation with Codex's app server: one JSON object per line, answers in any order.

use claudometer_host::process::{ProcessError, Session};
use claudometer_provider::{json, lenient};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// JSON-RPC's code for a method that does not exist.
pub const NO_SUCH_METHOD: i64 = -32601;

/// Why a question was not answered with a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// JSON-RPC's code.
    pub code: i64,
    /// What Codex says; it may hold whole answers of the vendor, so it is never shown.
    pub message: String,
}

/// An answer.
pub type Answer = Result<Value, Refusal>;

/// How long answers may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The first answer, while Codex starts.
    pub start: Duration,
    /// Answers to questions.
    pub question: Duration,
    /// Less important answers, once the important one is there.
    pub rest: Duration,
}

/// A conversation that has begun.
#[derive(Debug)]
pub struct Conversation {
    session: Session,
    last_id: u64,
    /// Which Codex answers: `0.60.0`, where it says.
    pub version: Option<String>,
}

/// What Codex told when asked.
#[derive(Debug)]
pub struct Told {
    /// Whose login it has; `None` where it did not answer.
    pub account: Option<Answer>,
    /// The limits.
    pub limits: Answer,
}

impl Conversation {
    /// Introduces us.
    pub async fn begin(session: Session, patience: Patience) -> Result<Self, ProcessError> {
        let mut begun = Self { session, last_id: 0, version: None };
        let client = json!({"name": "claudometer", "title": "Claudometer", "version": env!("CARGO_PKG_VERSION")});
        let id = begun.ask("initialize", &json!({"clientInfo": client})).await?;
        let mut answers = BTreeMap::new();
        begun.listen(&[id], &mut answers, Instant::now() + patience.start).await?;
        if let Some(Ok(result)) = answers.get(&id) {
            begun.version = result["userAgent"].as_str().and_then(version);
        }
        begun.say(&json!({"method": "initialized", "params": {}})).await?;
        Ok(begun)
    }

    /// Asks whose login Codex has and what its limits are.
    pub async fn limits(&mut self, patience: Patience) -> Result<Told, ProcessError> {
        let account = self.ask("account/read", &json!({})).await?;
        let limits = self.ask("account/rateLimits/read", &json!({})).await?;
        let mut answers = BTreeMap::new();
        let heard = self.listen(&[limits], &mut answers, Instant::now() + patience.question).await;
        let Some(told) = answers.remove(&limits) else {
            let account = answers
                .remove(&account)
                .filter(|answer| answer.as_ref().is_ok_and(|it| it["account"].is_null()));
            // That nobody is signed in is the better reason.
            let unanswered = Refusal { code: 0, message: String::new() };
            return match account {
                Some(account) => Ok(Told { account: Some(account), limits: Err(unanswered) }),
                None => Err(heard.err().unwrap_or(ProcessError::Ended)),
            };
        };
        // Limits alone are good enough: whose they are may stay unsaid.
        self.listen(&[account], &mut answers, Instant::now() + patience.rest).await.ok();
        Ok(Told { account: answers.remove(&account), limits: told })
    }

    /// Whether Codex still runs.
    pub fn is_running(&mut self) -> bool {
        self.session.is_running()
    }

    async fn ask(&mut self, method: &str, params: &Value) -> Result<u64, ProcessError> {
        self.last_id += 1;
        self.say(&json!({"id": self.last_id, "method": method, "params": params})).await?;
        Ok(self.last_id)
    }

    async fn say(&mut self, message: &Value) -> Result<(), ProcessError> {
        self.session.write_line(&message.to_string()).await
    }

    /// Gathers answers until all of `wanted` are there.
    async fn listen(
        &mut self,
        wanted: &[u64],
        answers: &mut BTreeMap<u64, Answer>,
        until: Instant,
    ) -> Result<(), ProcessError> {
        while !wanted.iter().all(|id| answers.contains_key(id)) {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.session.read_line(left).await?;
            let Ok(message) = json::read(&line) else { continue };
            let (id, is_call) = (&message["id"], message["method"].is_string());
            if is_call && !id.is_null() {
                let error =
                    json!({"code": NO_SUCH_METHOD, "message": "This client only reads limits."});
                self.say(&json!({"id": id, "error": error})).await?;
            } else if !is_call && let Some(id) = lenient::count(id).map(u64::from) {
                answers.insert(id, answer(&message));
            }
        }
        Ok(())
    }
}

fn answer(message: &Value) -> Answer {
    let error = &message["error"];
    if error.is_null() {
        return Ok(message["result"].clone());
    }
    let text = error["message"].as_str().unwrap_or_default().to_owned();
    Err(Refusal { code: error["code"].as_i64().unwrap_or_default(), message: text })
}

/// The version after the first slash of a user agent: `codex_cli_rs/0.60.0 (Linux ...)`.
fn version(agent: &str) -> Option<String> {
    let after = agent.split_once('/')?.1;
    let version: String = after
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
        .take(32)
        .collect();
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const PATIENCE: Patience = Patience {
        start: Duration::from_secs(8),
        question: Duration::from_secs(12),
        rest: Duration::from_secs(3),
    };

    fn session(lines: &str) -> Session {
        Session::over(Cursor::new(lines.as_bytes().to_vec()), tokio::io::sink())
    }

    async fn told(lines: &str) -> Result<Told, ProcessError> {
        Conversation::begin(session(lines), PATIENCE).await?.limits(PATIENCE).await
    }

    const HELLO: &str = "{\"id\":1,\"result\":{\"userAgent\":\"codex_cli_rs/0.60.0 (Linux)\"}}\n";

    #[tokio::test]
    async fn answers_come_in_any_order_between_noise_notifications_and_requests() {
        let lines = format!(
            "starting up\n\n{{\"method\":\"hello\",\"params\":{{}}}}\n{HELLO}{}\n{}\n{}\n{}\n[1]\n{}\n",
            r#"{"id":3,"result":{"rateLimits":{}}}"#,
            r#"{"id":3,"method":"item/approve","params":{}}"#,
            r#"{"id":99,"result":{}}"#,
            r#"{"method":"account/rateLimits/updated","params":{"id":2}}"#,
            r#"{"id":"2","result":{"account":null}}"#,
        );
        let told = told(&lines).await.unwrap();
        assert_eq!(told.limits, Ok(json!({"rateLimits": {}})));
        assert_eq!(told.account, Some(Ok(json!({"account": null}))));
    }

    #[tokio::test]
    async fn limits_alone_are_enough_and_without_them_the_end_is_told() {
        let lines =
            format!("{HELLO}{{\"id\":3,\"error\":{{\"code\":-32601,\"message\":\"no\"}}}}\n");
        let told_alone = told(&lines).await.unwrap();
        assert_eq!(
            told_alone.limits,
            Err(Refusal { code: NO_SUCH_METHOD, message: "no".to_owned() })
        );
        assert!(told_alone.account.is_none());
        let lines =
            format!("{HELLO}{{\"id\":2,\"result\":{{\"account\":{{\"type\":\"chatgpt\"}}}}}}\n");
        assert!(matches!(told(&lines).await, Err(ProcessError::Ended)));
        let lines = format!("{HELLO}{{\"id\":2,\"result\":{{\"account\":null}}}}\n");
        assert!(told(&lines).await.unwrap().limits.is_err());
        assert!(matches!(told("").await, Err(ProcessError::Ended)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_codex_that_says_nothing_is_waited_for_only_so_long() {
        let (silent, _kept) = tokio::io::duplex(64);
        let begin = Instant::now();
        let result = Conversation::begin(Session::over(silent, tokio::io::sink()), PATIENCE).await;
        assert!(matches!(result, Err(ProcessError::Timeout)));
        assert_eq!(begin.elapsed().as_secs(), 8);
    }

    #[tokio::test]
    async fn a_request_of_codex_is_answered_with_an_error() {
        let (ours, theirs) = tokio::io::duplex(4096);
        let lines = format!("{{\"id\":\"a-1\",\"method\":\"approve\"}}\n{HELLO}");
        let session = Session::over(Cursor::new(lines.into_bytes()), ours);
        drop(Conversation::begin(session, PATIENCE).await.unwrap());
        let mut heard = Session::over(theirs, tokio::io::sink());
        let mut lines = Vec::new();
        while let Ok(line) = heard.read_line(Duration::from_secs(1)).await {
            lines.push(serde_json::from_str::<Value>(&line).unwrap());
        }
        let methods: Vec<_> =
            lines.iter().map(|line| line["method"].as_str().unwrap_or("-")).collect();
        assert_eq!(methods, ["initialize", "-", "initialized"]);
        assert_eq!(
            (&lines[1]["id"], &lines[1]["error"]["code"]),
            (&json!("a-1"), &json!(NO_SUCH_METHOD))
        );
    }

    #[test]
    fn the_version_stands_after_the_first_slash() {
        for (agent, want) in [
            ("codex_cli_rs/0.60.0 (Mac OS 15.5; arm64)", Some("0.60.0")),
            ("claudometer/0.149.0-alpha.1 (x)", Some("0.149.0-alpha.1")),
            ("codex", None),
            ("codex/next", None),
        ] {
            assert_eq!(version(agent).as_deref(), want, "{agent}");
        }
    }
}
