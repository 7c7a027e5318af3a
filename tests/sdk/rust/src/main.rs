// SPDX-License-Identifier: Apache-2.0

//! Azure's own libraries for Rust, unmodified, against a vault: each kind of
//! credential, and each operation once. What is to be
//! known of the vault comes in the environment, see ../lib.sh. Prints a line for
//! each check, and how many have failed.

mod certificates;
mod credentials;
mod keys;
mod secrets;

use std::future::Future;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

static TOTAL: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicUsize = AtomicUsize::new(0);

pub fn var(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// By names of their own the libraries verify whom a token is for.
pub fn by_name() -> bool {
    !var("SDK_BY_NAME").is_empty()
}

pub fn vault() -> String {
    format!("https://{}", var("SDK_VAULT"))
}

pub fn hsm() -> String {
    format!("https://{}", var("SDK_HSM"))
}

pub async fn check(area: &str, name: &str, body: impl Future<Output = Outcome>) {
    TOTAL.fetch_add(1, Ordering::Relaxed);
    match body.await {
        Ok(()) => println!("ok {area}: {name}"),
        Err(err) => {
            FAILED.fetch_add(1, Ordering::Relaxed);
            println!("FAILED {area}: {name}: {err:?}");
        }
    }
}

pub fn expect(ok: bool, what: &str) -> Outcome {
    if ok {
        Ok(())
    } else {
        Err(format!("not what was expected: {what}").into())
    }
}

/// What the openssl command makes of the input: no library of Azure's has what is
/// done by it.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Outcome<Vec<u8>> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().unwrap().write_all(input)?;
    let output = child.wait_with_output()?;
    expect(output.status.success(), &String::from_utf8_lossy(&output.stderr))?;
    Ok(output.stdout)
}

/// Asks again while the answer is 404 or 409: what is deleted or purged is so some
/// time later only.
pub async fn until<T, F>(mut ask: impl FnMut() -> F) -> azure_core::Result<T>
where
    F: Future<Output = azure_core::Result<T>>,
{
    loop {
        let answer = ask().await;
        let status = answer.as_ref().err().and_then(|err| err.http_status());
        match status.map(u16::from) {
            Some(404 | 409) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            _ => return answer,
        }
    }
}

#[tokio::main]
async fn main() {
    credentials::run().await;
    secrets::run().await;
    keys::run().await;
    certificates::run().await;
    let (total, failed) = (TOTAL.load(Ordering::Relaxed), FAILED.load(Ordering::Relaxed));
    println!("rust: {} ok, {failed} failed", total - failed);
    std::process::exit((failed > 0 || total == 0) as i32);
}
