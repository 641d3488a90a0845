package config

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A stack's configuration is in the repository, in the state, in plans and in task definitions, all of which many may
// read. So nothing secret may be in it: neither by the name it goes under nor by what it looks like.

// secretWords are what the last word of a name says of its value.
var secretWords = []string{
	"accesskey", "apikey", "authkey", "credential", "credentials", "creds", "jwt", "pass", "passcode", "passphrase", "passwd", "password",
	"passwords", "pat", "privatekey", "pw", "pwd", "salt", "secret", "secretkey", "secrets", "token",
}

// joinedWords are those that names also end in without a break before them, as PGPASSWORD does.
var joinedWords = []string{"accesskey", "apikey", "credentials", "passphrase", "passwd", "password", "privatekey", "secret", "secretkey", "token"}

// secretKeys are the words before "key" that make it a secret one. Others, such as the partition key, are none.
var secretKeys = []string{
	"access", "account", "api", "app", "auth", "client", "consumer", "cookie", "crypto", "deploy", "encryption", "hmac", "jwt", "license", "master",
	"private", "rsa", "secret", "session", "shared", "signing", "ssh", "ssl", "storage", "tls",
}

// IsSecretName reports whether the name of a variable says that its value is a secret. What a secret is called, how
// long it lives or where it is (TOKEN_TTL, SECRET_ARN) is none.
func IsSecretName(name string) bool {
	words := wordsOf(name)
	if len(words) == 0 {
		return false
	}
	last := strings.TrimRight(words[len(words)-1], "0123456789")
	if last == "" && len(words) > 1 { // TOKEN_2
		words = words[:len(words)-1]
		last = words[len(words)-1]
	}
	if last == "id" && len(words) > 2 && words[len(words)-2] == "key" && words[len(words)-3] == "access" {
		return true // half of AWS's credentials, and useless without the other half
	}
	if last == "key" || last == "keys" {
		return len(words) == 1 || slices.Contains(secretKeys, words[len(words)-2])
	}
	endsIn := func(word string) bool { return strings.HasSuffix(last, word) }
	return slices.Contains(secretWords, last) || slices.ContainsFunc(joinedWords, endsIn)
}

// wordsOf cuts a name where it has _ or another sign, and where a capital follows a small letter.
func wordsOf(name string) []string {
	var b strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return strings.FieldsFunc(strings.ToLower(b.String()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// forms are what secrets look like, and what each is called. The prefixes of tokens are those of the rules of gitleaks
// 8.28; how long a token is and how it ends is left open, since issuers change that.
var forms = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File-|AGE-SECRET-KEY-1`)},
	{"an access key of AWS", regexp.MustCompile(`\b(AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}\b`)},
	{"a password in an address", regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@]+@`)},
	{"a token of its issuer", regexp.MustCompile(`\b(` + strings.Join([]string{
		`gh[pousr]_\w{16,}`, `github_pat_\w{16,}`, `(gl(pat|cbt|dt|ffct|ft|imt|agent|oas|ptt|rt|rtr|soat)-|GR1348941)[\w-]{16,}`, // GitHub, GitLab
		`xox[abeoprs]-[\w-]{10,}`, `xapp-\d-[\w-]{10,}`, // Slack
		`(sk|rk)_(live|test|prod)_\w{10,}`, `whsec_[\w+/=]{16,}`, // Stripe
		`sk-[\w-]{20,}`, `pplx-\w{20,}`, `hf_\w{20,}`, // OpenAI, Anthropic, Perplexity, Hugging Face
		`AIza[\w-]{30,}`, `ya29\.[\w-]{20,}`, `GOCSPX-[\w-]{20,}`, // Google
		`npm_\w{20,}`, `pypi-\w{16,}[\w-]*`, `rubygems_[a-f0-9]{20,}`, `CLOJARS_\w{20,}`, `dckr_(pat|oat)_[\w-]{16,}`, // registries
		`do[opr]_v1_[a-f0-9]{20,}`, `hv[bsp]\.[\w-]{20,}`, `\w{14}\.atlasv1\.[\w=-]{20,}`, `pul-[a-f0-9]{40}`, `HRKU-[\w-]{20,}`, // infrastructure
		`fo1_[\w-]{20,}`, `fm[12][ar]?_[\w+/=-]{20,}`, `LTAI\w{12,}`, `tskey-[\w-]{10,}`, `dapi[a-f0-9]{32}`, `pscale_(tkn|pw|oauth)_[\w=.-]{16,}`,
		`ATATT3[\w=-]{20,}`, `ATBB\w{20,}`, `lin_api_\w{20,}`, `ntn_\w{20,}`, `PMAK-[\w-]{20,}`, `dp\.(pt|st|ct|scim|audit)\.\w{20,}`, // tools
		`shp(at|ca|pa|ss)_[a-fA-F0-9]{20,}`, `sq0(atp|csp)-[\w-]{16,}`, `EAAA[\w-]{20,}`, `shippo_(live|test)_\w{20,}`, `duffel_(live|test)_[\w=-]{20,}`, // trade
		`SG\.[\w-]{16,}\.[\w-]{16,}`, `SK[0-9a-f]{32}`, `key-[0-9a-f]{32}`, `xkeysib-[\w-]{20,}`, // mail and messages
		`(sntrys|sntryu)_[\w+/=]{16,}`, `gl(sa|c)_[\w+/=]{20,}`, `NRAK-[A-Z0-9]{20,}`, `EAA[MC]\w{50,}`, // telemetry, Facebook
		`ey[JI][\w-]{8,}\.ey[\w-]{8,}\.[\w-]*`, // JSON web tokens
	}, "|") + `)`)},
	{"an address that lets in whoever knows it", regexp.MustCompile(`(?i)hooks\.slack\.com/(services|workflows|triggers)/\w|webhook\.office\.com/webhookb2/|discord(app)?\.com/api/webhooks/\d`)},
	{"a password", regexp.MustCompile(`(?i)(^|[\s;&?,{"'_-])(password|passwd|pwd|passphrase|secret|client_?secret|api[_-]?key|access[_-]?key|account[_-]?key|sharedaccesskey|secret[_-]?key|(access|auth|id|refresh)?[_-]?token|x-amz-signature)["']?\s*[=:]\s*["']?[^\s"';&,{}$<]{3,}`)},
	{"credentials for HTTP", regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w+/.~-]{16,}={0,2}`)},
}

// LooksSecret says what secret a text holds by its form, empty for none.
func LooksSecret(text string) string {
	for _, f := range forms {
		if f.pattern.MatchString(text) {
			return f.what
		}
	}
	if isSecretAccessKey(text) {
		return "a secret access key"
	}
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) == nil {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if value, is := members[name].(string); is && value != "" && IsSecretName(name) {
				return "JSON with a " + name
			}
		}
	}
	if inside, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil && len(inside) > 20 && isText(inside) {
		return LooksSecret(string(inside))
	}
	return ""
}

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9/+]{40}$`)

// isSecretAccessKey reports whether a text is of the form of AWS's secret access keys: 40 letters of base64, of every
// kind. Hexadecimal digests of that length have no capitals beside small letters.
func isSecretAccessKey(text string) bool {
	return keyPattern.MatchString(text) && strings.ContainsFunc(text, unicode.IsUpper) && strings.ContainsFunc(text, unicode.IsLower) &&
		strings.ContainsFunc(text, unicode.IsDigit)
}

func isText(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= 0x7f || c < ' ' && c != '\n' && c != '\r' && c != '\t' })
}

// hiddenValue stands for a value that must not get into a message, which ends in logs and comments.
const hiddenValue = "(not shown)"

// shown is a value as it may stand in a message about a key: whatever may be a secret is not shown.
func shown(key string, value any) any {
	_, last := split(strings.ReplaceAll(key, ":", "."))
	if strings.HasPrefix(key, "services.") && last == "secrets" {
		return value // these are names
	}
	switch v := value.(type) {
	case string:
		if v != "" && (IsSecretName(last) || LooksSecret(v) != "") {
			return hiddenValue
		}
	case map[string]any, []any:
		raw, err := json.Marshal(v)
		if isSecret(value) || IsSecretName(last) || err != nil || anySecret(v) || LooksSecret(string(raw)) != "" {
			return hiddenValue
		}
	default:
		if v != nil && IsSecretName(last) {
			return hiddenValue
		}
	}
	return value
}

// anySecret reports whether something inside a decoded value must not be shown.
func anySecret(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, inside := range v {
			if text, is := inside.(string); is && text != "" && IsSecretName(name) || anySecret(inside) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, anySecret)
	case string:
		return LooksSecret(v) != ""
	}
	return isSecret(value)
}
