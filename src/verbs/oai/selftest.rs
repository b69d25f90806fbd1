//! `fonds oai selftest`: whether a repository keeps the rules.

use serde_json::json;

use crate::config::Settings;
use crate::oai::selftest::{self, Judged, Verdict};
use crate::verbs::output::{Done, Output};
use crate::verbs::show::printable;

/// Where the server of these settings is asked, and what it may call itself.
fn own(settings: &Settings) -> (String, String) {
    let mut listen = settings.listen;
    if listen.ip().is_unspecified() {
        listen.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    (format!("http://{listen}/oai"), format!("{}/oai", settings.public_url().trim_end_matches('/')))
}

/// Asks, and says what came of it.
pub(super) async fn run(settings: &Settings, url: Option<&str>, output: &Output) -> anyhow::Result<Done> {
    let (own, public) = own(settings);
    let known_as = if url.is_none() { vec![public] } else { Vec::new() };
    let base = url.map_or(own, str::to_owned);
    if !(base.starts_with("http://") || base.starts_with("https://")) {
        anyhow::bail!("{base:?} is no address of a repository: it begins with http:// or https://");
    }
    output.say(&base);
    let judged = selftest::run(&base, &known_as, |one| output.line(say(one), one)).await?;
    let count = |wanted: fn(&Verdict) -> bool| judged.iter().filter(|one| wanted(&one.verdict)).count();
    let broken = count(|verdict| matches!(verdict, Verdict::Broken(_)));
    let unseen = count(|verdict| matches!(verdict, Verdict::CannotTell(_)));
    let kept = judged.len() - broken - unseen;
    let text = format!("{kept} kept, {broken} broken, {unseen} could not be told");
    let summary = json!({ "ok": broken == 0, "base": base, "kept": kept, "broken": broken, "cannot_tell": unseen });
    output.summary(text, &summary);
    Ok(if broken == 0 { Done::Well } else { Done::Badly })
}

fn say(one: &Judged) -> String {
    let Judged { rule, says, verdict, asked, came } = one;
    // What others send must not move the cursor of who reads this.
    match verdict {
        Verdict::Ok => format!("ok           {rule:<22} {says}"),
        Verdict::Broken(why) => {
            let lines = [why.clone(), format!("asked {asked}"), format!("came  {came}")];
            let lines = lines.map(|line| format!("\n             {}", printable(&line)));
            format!("broken       {rule:<22} {says}{}", lines.concat())
        }
        Verdict::CannotTell(why) => format!("cannot tell  {rule:<22} {says}: {}", printable(why)),
    }
}
