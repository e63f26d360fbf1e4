//! Any bytes as the answer of any vendor, through the source and mapper that would receive it.
#![no_main]

mod played;

use claudometer_host::http::Response;
use claudometer_provider::Recorded;
use libfuzzer_sys::fuzz_target;

const STATUSES: [u16; 8] = [200, 200, 200, 200, 401, 403, 429, 500];
const REQUESTS: [&str; 4] = ["", "kiro-cli chat", "amp usage", "device/code"];

fuzz_target!(|data: &[u8]| {
    let [which, how, body @ ..] = data else { return };
    let all = claudometer_providers::ALL;
    let provider = all[usize::from(*which) % all.len()];
    let recorded = Recorded {
        file: format!("{}/fuzz", provider.id),
        request: REQUESTS[usize::from(*how >> 4) % REQUESTS.len()].to_owned(),
        response: Response {
            status: STATUSES[usize::from(*how) % STATUSES.len()],
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_vec(),
        },
    };
    played::play(provider, &recorded);
});
