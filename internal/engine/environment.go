package engine

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const ignoreAmbient = "PULUMI_IGNORE_AMBIENT_PLUGINS=true"

// inherited are the variables of the caller that an offline engine may see: where programs and temporary files are,
// and how text is encoded. Nothing in it leads to an account, a credential or a proxy.
var inherited = []string{"PATH", "TMPDIR", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ"}

// offline is how an engine's environment says that it is an offline one's.
const offline = "DEEPSTREAMHUB_OFFLINE=1"

// Environment is the environment of a run against a real account: base, KEY=VALUE as os.Environ gives it, and extra,
// which wins. The engine's check for a newer version of itself is off: the pin decides that. Plugins on PATH are none of
// its business either: it would take them whatever their version is, where the SDK in go.mod says which it needs.
func Environment(base []string, extra ...string) []string {
	env := append(slices.Clone(base), "PULUMI_SKIP_UPDATE_CHECK=true", ignoreAmbient)
	return append(env, extra...)
}

// Unwatched is the environment of an engine that nobody kills and whose end is all that counts, such as one that records a stack in
// the offline AWS: never of one that a person began, or that is killed or interrupted. It writes its checkpoint at the end alone
// and not after every step, which takes as long as the square of a stack's resources, and collects memory rarely, which is a fifth of
// what so short a run computes.
var Unwatched = []string{"PULUMI_EXPERIMENTAL=true", "PULUMI_SKIP_CHECKPOINTS=true", "GOGC=400"}

// Unwatched is the same engine, always in the environment Unwatched: for whoever runs hub, which itself has no way to ask for that.
func (e Engine) Unwatched(dir string) (Engine, error) {
	return e.Behind(dir, "export "+strings.Join(Unwatched, " "))
}

// Behind is the same engine behind a shell script, pulumi in a folder that it makes, of which a line runs before each process.
func (e Engine) Behind(dir, line string) (Engine, error) {
	script := "#!/bin/sh\n" + line + "\nexec '" + e.Path + "' \"$@\"\n"
	e.Path = filepath.Join(dir, "pulumi")
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		err = os.WriteFile(e.Path, []byte(script), 0o700)
	}
	if err != nil {
		return Engine{}, fmt.Errorf("put a script before the engine: %w", err)
	}
	return e, nil
}

// Offline says what an offline engine works with.
type Offline struct {
	Dir        string         // absolute; the engine's home and its HOME go below it, and nothing outside is written to
	Backend    string         // URL of the offline state, file:// or s3://
	Passphrase string         // of an offline state that has one
	Providers  map[string]int // provider package to its port on the loopback interface, such as aws: 40123
	AWS        []string       // KEY=VALUE by which an AWS SDK finds what the offline AWS serves of S3, KMS and others
}

// OfflineEnvironment is the whole environment of an offline run. Of base, KEY=VALUE, only what has no bearing on
// accounts is taken over: no AWS_*, no PULUMI_*, no home with credentials in it, no proxies.
func OfflineEnvironment(base []string, o Offline) []string {
	var env []string
	for _, kv := range base {
		if name, _, _ := strings.Cut(kv, "="); slices.Contains(inherited, name) {
			env = append(env, kv)
		}
	}
	var providers []string
	for _, name := range slices.Sorted(maps.Keys(o.Providers)) {
		providers = append(providers, fmt.Sprintf("%s:%d", name, o.Providers[name]))
	}
	env = append(env,
		"HOME="+filepath.Join(o.Dir, "home"),
		"PULUMI_HOME="+filepath.Join(o.Dir, "pulumi"),
		"PULUMI_BACKEND_URL="+o.Backend,
		"PULUMI_CONFIG_PASSPHRASE="+o.Passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		"AWS_EC2_METADATA_DISABLED=true",
		offline,
	)
	env = append(env, o.AWS...)
	if len(providers) > 0 {
		env = append(env, "PULUMI_DEBUG_PROVIDERS="+strings.Join(providers, ","))
	}
	return env
}

// keepNoLog keeps an offline engine from logging all that it does into its home, for Pulumi's support: that is a fourth of the
// processor's time of a preview. No variable turns it off, but the engine goes without where the folder cannot be made
// (pulumi/pkg/logging, StartLogging), so a file takes its place. Where that fails the log is written, which does no harm.
func keepNoLog(env []string) {
	home := ""
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, "PULUMI_HOME="); ok {
			home = value
		}
	}
	if home == "" || !slices.Contains(env, offline) || os.MkdirAll(home, 0o755) != nil {
		return
	}
	if f, err := os.OpenFile(filepath.Join(home, "logs"), os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		_ = f.Close()
	}
}
