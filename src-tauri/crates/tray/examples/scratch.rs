//! scratch
use claudometer_core::*; use claudometer_core::settings::*;
use claudometer_view::*;
use chrono::{DateTime,Utc,TimeDelta};
#[tokio::main(flavor="current_thread")]
async fn main(){
    let t=std::time::Instant::now();
    let (tx,mut rx)=tokio::sync::mpsc::channel(16);
    let tray=claudometer_tray::spawn(tx).await.unwrap();
    eprintln!("on the bus after {:?}", t.elapsed());
    let now=Utc::now();
    let stamp=|m|Stamp{at:now-TimeDelta::minutes(m),via:SourceId::new("oauth")};
    let w=|id:&str,kind,used,h:i64,min,model:Option<&str>|Window{id:id.into(),kind,scope:Scope{model:model.map(Into::into),..Scope::default()},used:Percent::new(used),resets_at:Some(now+TimeDelta::minutes(h)),minutes:Some(min)};
    let seat=|id:&'static str,name:&str,short:&str|{let id=ProviderId::new(id);SeatState::unknown(Seat{provider:id.clone(),account:AccountKey::new("default")},ProviderInfo{id,name:name.into(),short:short.into(),dashboard:"https://x".into()})};
    let mut a=seat("acme","Acme","AC");
    a.plan=Some("Max 20x".into()); a.last_good=Some(stamp(4));
    a.windows=[w("session",WindowKind::Session,37.0,130,300,None),w("weekly",WindowKind::Weekly,82.0,4000,10080,None),w("weekly:opus",WindowKind::Weekly,96.0,4000,10080,Some("Opus"))].into_iter().map(|value|Seen{value,stamp:stamp(4)}).collect();
    let mut b=seat("zeta","Zeta","ZE"); b.plan=Some("Plus".into()); b.last_good=Some(stamp(12));
    b.windows=[w("session",WindowKind::Session,8.0,130,300,None),w("weekly",WindowKind::Weekly,100.0,4000,10080,None)].into_iter().map(|value|Seen{value,stamp:stamp(12)}).collect();
    b.failure=Some(Failure{trouble:Trouble::RateLimited,source:None,detail:"The vendor asks to wait".into(),remedy:"Nothing to do: Claudometer asks again when the vendor allows it.".into(),since:now,at:now,shape:None}); b.next_poll=Some(now+TimeDelta::minutes(20));
    let number=std::env::args().nth(1).is_some_and(|a|a=="number");
    let ctx=Context{now,offset_s:|_:DateTime<Utc>|0,locale:Locale::posix(),display:Display{icon:if number {IconStyle::Number}else{IconStyle::Bars},..Display::default()},alerts:Alerts::default()};
    let label=|_:&ProviderId,_:&SourceId|"its own login".to_owned();
    let ex=Extras{labels:&label,demo:false,debug:true,remarks:vec![],first_run:None};
    let m=claudometer_view::tray::model(&UsageSnapshotBundle{seq:1,seats:vec![a,b],refreshing:false},&ctx,&ex);
    tray.show(m).await;
    let read=||std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l|l.starts_with("voluntary")||l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    eprintln!("{}",read());
    let until=tokio::time::Instant::now()+std::time::Duration::from_secs(12);
    loop{ tokio::select!{ e=rx.recv()=>eprintln!("{e:?}"), ()=tokio::time::sleep_until(until)=>break } }
    eprintln!("{}",read());
    loop{ eprintln!("{:?}",rx.recv().await); }
}
