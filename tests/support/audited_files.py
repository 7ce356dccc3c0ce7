"""A deployment of native files in which every audit rule passes that files can answer, to be broken one line at a time."""

import datetime
import functools
import hashlib
import ipaddress

SECRETS = {
    name: hashlib.sha256(f"canary {name}".encode()).hexdigest()
    for name in ("app", "replica", "sentinel", "peer", "client")
}
"""Passwords that no output may show, nor their hashes."""
HASHES = {name: hashlib.sha256(secret.encode()).hexdigest() for name, secret in SECRETS.items()}
HOSTS = (1, 2, 3)
OF_SENTINEL = "+multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill"
TLS = """tls-replication yes
tls-cert-file tls.crt
tls-key-file tls.key
tls-ca-cert-file tls.crt
"""
DATA = f"""bind 10.0.0.{{n}}
port 0
tls-port 6379
{TLS}dir /var/lib/redis
maxmemory 1gb
client-output-buffer-limit normal 256mb 64mb 60
masteruser replica
masterauth {SECRETS["replica"]}
user default off
user app on #{HASHES["app"]} ~app:* resetchannels &app:* -@all +@read +@write +@connection +wait -@admin -@dangerous -@scripting
user replica on #{HASHES["replica"]} resetchannels -@all +psync +replconf +ping
user sentinel on #{HASHES["sentinel"]} resetchannels &__sentinel__:hello -@all {OF_SENTINEL}
"""
SENTINEL = f"""bind 10.0.0.{{n}}
port 0
tls-port 26379
{TLS}dir /var/lib/sentinel
user default off
user peer on #{HASHES["peer"]} allchannels +@all
user client on #{HASHES["client"]} resetchannels -@all +ping +subscribe +sentinel|get-master-addr-by-name
sentinel sentinel-user peer
sentinel sentinel-pass {SECRETS["peer"]}
sentinel monitor mymaster 10.0.0.1 6379 2
sentinel auth-user mymaster sentinel
sentinel auth-pass mymaster {SECRETS["sentinel"]}
"""


def sound_files(days: int = 90, address: str = "") -> dict[str, str]:
    """Relative names to texts; the certificate is good for so many days, for all hosts unless for one address."""
    certificate, key = _certificate(days, address)
    files = {}
    for n in HOSTS:
        follow = "" if n == 1 else "replicaof 10.0.0.1 6379\n"
        files[f"n{n}/redis.conf"] = DATA.replace("{n}", str(n)) + follow
        files[f"n{n}/sentinel.conf"] = SENTINEL.replace("{n}", str(n))
        files[f"n{n}/tls.crt"], files[f"n{n}/tls.key"] = certificate, key
    return files


@functools.cache
def _certificate(days: int, address: str) -> tuple[str, str]:
    """A certificate that signs itself, and its key, as PEM."""
    from cryptography import x509  # noqa: PLC0415 -- few tests need it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a node")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = [address] if address else [f"10.0.0.{n}" for n in HOSTS]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem).decode(), private.decode()
