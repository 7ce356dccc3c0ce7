"""Replace certificate: servers get other certificates of the same authority while they run, good for a day or for moments.

Data nodes take one by CONFIG SET, both files in one command since a key fits one certificate alone. A Sentinel has no such command
(sentinel.c), so it gets other files under the names that it has, and is restarted. Connections that stand are not touched by either.
"""

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from jsquared.deployment.model.directives import canonical, split_words
from jsquared.deployment.render.certificates import make_certificate
from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.process_state import answers_again
from jsquared.faults.settings import setting
from jsquared.faults.targets import nodes_of
from jsquared.faults.waiting import prove_within
from jsquared.running.deployment import RunningDeployment

PROOF_LIMIT_S = 2.0
LOOK_S = 0.05
CERTIFICATE, KEY, PASSWORD = "tls-cert-file", "tls-key-file", "tls-key-file-pass"
NEW = {CERTIFICATE: "tls-replaced.crt", KEY: "tls-replaced.key"}
"""What the new files of a data node are called in its folder."""


class ReplaceCertificate(Fault):
    """Other certificates, by CONFIG SET at data nodes and by a restart at Sentinels."""

    name = "replace-certificate"
    description = (
        "Give servers other certificates of the same authority: data nodes by CONFIG SET, Sentinels, which have no such command, "
        "by other files and a restart. One that is good for moments expires under load."
    )
    undo = "Gives each server its former certificate in the same way."
    evidence = (
        "A new connection is shown another certificate than before, which is trusted, or refused as expired where it is to expire; "
        "after healing it is shown the former one, and trusts it."
    )
    parameters = (
        Parameter(
            "expires_ms", 0, "how long the new certificate is good for (0: a day); the fault waits until it has expired"
        ),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Replace that of each target, one after another."""
        names = nodes_of(deployment, targets)
        plain = next((name for name in names if not deployment.node(name).tls), "")
        if plain:
            raise self.refusal(f"{plain} speaks no TLS", hint="a deployment with tls-port, such as hardened")
        authority = deployment.placement.authority
        if authority is None:
            raise self.refusal(
                "only the authority of throw-away certificates can sign others",
                hint="a deployment whose certificates are not on this machine",
            )
        active = ActiveReplacedCertificate(deployment, names, authority, parameters["expires_ms"])
        active.begin()
        return active


@dataclass(frozen=True)
class _Former:
    """The former state of a server: the files that its configuration names, a Sentinel's with their texts, and what it showed."""

    files: Mapping[str, str]
    texts: Mapping[str, str]
    password: str
    shown: bytes


class ActiveReplacedCertificate(ActivePerTarget):
    """Servers with other certificates."""

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], authority: tuple[str, str], expires_ms: int
    ) -> None:
        super().__init__(deployment, targets)
        self._authority = authority
        self._expires = bool(expires_ms)
        # X.509 counts whole seconds, and a certificate is good until the end of its last one
        self._until_s = time.time() + expires_ms / 1000
        self._former = {name: self._former_of(name) for name in targets}

    def _former_of(self, name: str) -> _Former:
        shown, _ = self._deployment.certificate(name)
        if self._is_data(name):
            files = {directive: setting(self._deployment, name, directive) for directive in NEW}
            return _Former(files, {}, setting(self._deployment, name, PASSWORD), shown)
        folder = self._deployment.folder(name)
        lines = [words for line in folder.read_text(f"{name}.conf").splitlines() if (words := split_words(line))]
        values = {canonical(words[0]): words[1] for words in lines if len(words) > 1}
        files = {directive: values[directive] for directive in NEW}
        texts = {directive: folder.read_text(PurePath(path).name) for directive, path in files.items()}
        return _Former(files, texts, values.get(PASSWORD, ""), shown)

    def _is_data(self, name: str) -> bool:
        return self._deployment.node(name).role == "data"

    def begin(self) -> None:
        """Replace them; where they are to expire, wait until they have."""
        until = datetime.datetime.fromtimestamp(int(self._until_s), datetime.UTC) if self._expires else None
        for name in self.targets:
            made = make_certificate(*self._authority, [self._deployment.address(name)], until=until)
            texts = {CERTIFICATE: made.certificate, KEY: made.key(self._former[name].password)}
            if self._is_data(name):
                self._take(name, self._written(name, texts))
            else:
                self._restart_with(name, texts)
        if until is not None:
            time.sleep(max(0.0, until.timestamp() + 1 - time.time()))

    def _written(self, name: str, texts: Mapping[str, str]) -> dict[str, str]:
        """Write new files into a node's folder; gives their paths by directive."""
        folder = self._deployment.folder(name)
        for directive, file in NEW.items():
            folder.write_text(file, texts[directive])
        return {directive: str(folder.path / file) for directive, file in NEW.items()}

    def _take(self, name: str, files: Mapping[str, str]) -> None:
        words = [word for pair in files.items() for word in pair]
        self._deployment.ask(name, "CONFIG", "SET", *words)

    def _restart_with(self, name: str, texts: Mapping[str, str]) -> None:
        """Restart a Sentinel with other files, and wait until it answers, so that no two are down at once.

        :raises LabError: it does not come back.
        """
        folder = self._deployment.folder(name)
        for directive, path in self._former[name].files.items():
            folder.write_text(PurePath(path).name, texts[directive])
        kill_all(self._deployment, [name])
        self._deployment.start(name, reason="fault")
        back = answers_again(self._deployment, name)
        if not back.ok:
            raise LabError(back.sentence, where=name)

    def bit_at(self, name: str) -> Evidence:
        """It shows another certificate, which others trust, or refuse since it has expired."""
        return prove_within(lambda: self._replaced(name), limit_s=PROOF_LIMIT_S, look_s=LOOK_S)

    def _replaced(self, name: str) -> Evidence:
        shown, refusal = self._deployment.certificate(name)
        other = shown != self._former[name].shown
        right = "expired" in refusal if self._expires else not refusal
        return Evidence(
            other and right,
            f"{name} shows {'another' if other else 'the same'} certificate, which is {f'refused ({refusal})' if refusal else 'trusted'}",
        )

    def heal(self) -> None:
        """Give back the former ones; a data node that was restarted meanwhile has its own already."""
        for name, former in self._former.items():
            if former.texts:
                self._restart_with(name, former.texts)
            elif self._deployment.process(name).poll() is None:
                self._take(name, former.files)

    def healed_at(self, name: str) -> Evidence:
        """It shows the former one, and others trust it."""
        return prove_within(lambda: self._restored(name), limit_s=PROOF_LIMIT_S, look_s=LOOK_S)

    def _restored(self, name: str) -> Evidence:
        shown, refusal = self._deployment.certificate(name)
        same = shown == self._former[name].shown
        return Evidence(
            same and not refusal,
            f"{name} shows {'the former' if same else 'another'} certificate, which is {f'refused ({refusal})' if refusal else 'trusted'}",
        )
