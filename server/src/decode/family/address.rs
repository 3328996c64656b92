//! Socket addresses: `sockaddr` of every family that programs use daily.

use std::net::{Ipv4Addr, Ipv6Addr};

use syscope_shared::value::{Prefix, Value};

use crate::decode::memory::Fields;
use crate::decode::names::socket::FAMILY;
use crate::decode::names::{Names, names};

/// The longest address that the kernel takes (`struct sockaddr_storage`).
pub(super) const ADDRESS_BYTES: usize = 128;

/// An address of at least two bytes, as strace prints it.
pub(super) fn print(address: Fields<'_>) -> Value {
    let family = i32::from(address.u16(0));
    let length = address.0.len();
    let mut fields = vec![Value::named("sa_family", FAMILY.one(family as u64))];
    match family {
        libc::AF_UNIX => fields.extend(unix_path(address).map(|path| Value::named("sun_path", path))),
        libc::AF_INET if length >= 16 => fields.extend(inet(address)),
        libc::AF_INET6 if length >= 24 => fields.extend(inet6(address)),
        libc::AF_NETLINK if length >= 12 => fields.extend(netlink(address)),
        libc::AF_PACKET if length >= 18 => fields.extend(packet(address)),
        _ if length > 2 => fields.push(Value::named("sa_data", Value::string(address.bytes(2, length)))),
        _ => {}
    }
    Value::structure(fields)
}

/// The address in short: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@abstract`. Nothing for families that have no names.
pub(super) fn short(address: Fields<'_>) -> Option<String> {
    match i32::from(address.u16(0)) {
        libc::AF_UNIX => {
            let path = address.bytes(2, UNIX_PATH_BYTES);
            let lossy = |bytes| String::from_utf8_lossy(bytes).into_owned();
            match path.split_first()? {
                (0, name) => Some(format!("@{}", lossy(name))),
                _ => Some(lossy(address.text(2, UNIX_PATH_BYTES))),
            }
        }
        libc::AF_INET if address.0.len() >= 8 => Some(format!("{}:{}", ipv4(address, 4), address.be16(2))),
        libc::AF_INET6 if address.0.len() >= 24 => {
            Some(format!("[{}]:{}", ipv6(address, 8), address.be16(2)))
        }
        _ => None,
    }
}

const UNIX_PATH_BYTES: usize = 108;

fn unix_path(address: Fields<'_>) -> Option<Value> {
    let path = address.bytes(2, UNIX_PATH_BYTES);
    match path.split_first()? {
        // The name of an abstract socket goes to the address's end.
        (0, name) => Some(Value::string(name).prefixed(Prefix::Abstract)),
        _ => Some(Value::string(address.text(2, UNIX_PATH_BYTES))),
    }
}

fn ipv4(address: Fields<'_>, offset: usize) -> Ipv4Addr {
    Ipv4Addr::from(address.array::<4>(offset))
}

fn ipv6(address: Fields<'_>, offset: usize) -> Ipv6Addr {
    Ipv6Addr::from(address.array::<16>(offset))
}

/// `inet_addr("127.0.0.1")`
pub(super) fn inet_addr(fields: Fields<'_>, offset: usize) -> Value {
    Value::call("inet_addr", vec![Value::string(ipv4(fields, offset).to_string().as_bytes())])
}

fn port(address: Fields<'_>) -> Value {
    Value::call("htons", vec![Value::int(address.be16(2))])
}

fn inet(address: Fields<'_>) -> Vec<Value> {
    vec![Value::named("sin_port", port(address)), Value::named("sin_addr", inet_addr(address, 4))]
}

fn inet6(address: Fields<'_>) -> Vec<Value> {
    let flow = u32::from_be_bytes(address.array(4));
    let text = ipv6(address, 8).to_string();
    let args = vec![
        Value::symbol("AF_INET6"),
        Value::string(text.as_bytes()),
        Value::symbol("sin6_addr").prefixed(Prefix::AddressOf),
    ];
    let mut fields = vec![
        Value::named("sin6_port", port(address)),
        Value::named("sin6_flowinfo", Value::call("htonl", vec![Value::int(flow)])),
        Value::call("inet_pton", args),
    ];
    if address.0.len() >= 28 {
        fields.push(Value::named("sin6_scope_id", Value::int(address.u32(24))));
    }
    fields
}

fn netlink(address: Fields<'_>) -> Vec<Value> {
    let groups = format!("{:08x}", address.u32(8));
    vec![
        Value::named("nl_pid", Value::int(address.i32(4))),
        Value::named("nl_groups", Value::Symbol(groups.into())),
    ]
}

static ETHERNET_PROTOCOL: Names = names!("ETH_P_???":
    ETH_P_ALL = 3, ETH_P_IP = 0x800, ETH_P_ARP = 0x806, ETH_P_IPV6 = 0x86dd, ETH_P_8021Q = 0x8100,
);
static HARDWARE: Names = names!("ARPHRD_???":
    ARPHRD_NETROM = 0, ARPHRD_ETHER = 1, ARPHRD_PPP = 512, ARPHRD_TUNNEL = 768, ARPHRD_LOOPBACK = 772,
    ARPHRD_IPGRE = 778, ARPHRD_NONE = 0xfffe,
);
static PACKET_TYPE: Names = names!("PACKET_???":
    PACKET_HOST = 0, PACKET_BROADCAST = 1, PACKET_MULTICAST = 2, PACKET_OTHERHOST = 3, PACKET_OUTGOING = 4,
    PACKET_LOOPBACK = 5,
);

/// `htons(ETH_P_ALL)`
pub(super) fn ethernet_protocol(number: u16) -> Value {
    Value::call("htons", vec![ETHERNET_PROTOCOL.one(u64::from(number))])
}

fn packet(address: Fields<'_>) -> Vec<Value> {
    let length = usize::from(address.u8(11));
    let mut fields = vec![
        Value::named("sll_protocol", ethernet_protocol(address.be16(2))),
        Value::named("sll_ifindex", Value::int(address.i32(4))),
        Value::named("sll_hatype", HARDWARE.one(u64::from(address.u16(8)))),
        Value::named("sll_pkttype", PACKET_TYPE.one(u64::from(address.u8(10)))),
        Value::named("sll_halen", Value::int(address.u8(11))),
    ];
    if length > 0 {
        let bytes = address.bytes(12, length).iter().map(|&byte| Value::hex(u64::from(byte)));
        fields.push(Value::named("sll_addr", Value::array(bytes.collect())));
    }
    fields
}
