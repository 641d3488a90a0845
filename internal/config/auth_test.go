package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWebhooksThatMustBeTaken(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"https://auth.example.com", "https://auth.example.com/", "https://AUTH.Example.com/Deep/stream", "https://auth.example.com:443/a",
		"https://auth.example.com/a?tenant=eu&mode=live", "https://auth.example.com/a%20b/~c;d,e+f(1)!$&*", "https://auth.example.com/@user",
		"https://xn--bcher-kva.example/a", "https://10.16.1.2/auth", "https://[::ffff:10.16.1.2]/auth", "https://a.b/" + strings.Repeat("x", 2048-len("https://a.b/")),
	} {
		cfg, err := Load(with(and(webhook(url), "platform.protect", true)), Options{})
		require.NoError(t, err, url)
		assert.Equal(t, Auth{Webhook: url}, cfg.Service.Auth)
		assert.NoError(t, cfg.Validate())
	}
	for _, url := range []string{"https://localhost:8443/a", "https://127.0.0.1/a", "https://[::1]:1/", "https://auth.localhost:65535"} {
		assert.Empty(t, problemsOf(t, with(webhook(url)), Options{}), "a stack that may be destroyed: %s", url)
	}
	cfg, err := Load(with(webhook("placeholder:https://auth.example.com/a")), Options{Offline: true})
	require.NoError(t, err)
	assert.Equal(t, Auth{Webhook: "https://auth.example.com/a"}, cfg.Service.Auth)
	cfg, err = Load(with(map[string]any{keyAuth: "open"}), Options{})
	require.NoError(t, err)
	assert.Equal(t, Auth{Open: true}, cfg.Service.Auth)
	cfg.Service.Auth.Webhook = "https://auth.example.com/a"
	assert.ErrorContains(t, cfg.Validate(), "must not be open beside a webhook")
}

func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"HTTPS://auth.example.com": "begin with https://", "ftp://auth.example.com": "begin with https://", "auth.example.com": "begin with https://",
		" https://auth.example.com": "begin with https://", "//auth.example.com/a": "begin with https://", "https:auth.example.com": "begin with https://",
		"https:/auth.example.com": "begin with https://",

		"https://auth.example.com/a b": "no character", "https://auth.example.com/a\tb": "no character", "https://auth.example.com/a\nb: c": "no character",
		"https://auth.example.com/\"": "no character", "https://auth.example.com/'": "no character", "https://auth.example.com/`": "no character",
		"https://auth.example.com/\\": "no character", "https://auth.example.com\\@b.c": "no character", "https://auth.example.com/${HOME}": "no character",
		"https://auth.example.com/\x00": "no character", "https://auth.example.com/\u2028": "no character", "https://b\u00fccher.example": "no character",
		"https://auth.example.com/<a>": "no character", "https://auth.example.com/{a}": "no character", "https://auth.example.com/a|b^c": "no character",

		"https://": "must name a host", "https:///a": "must name a host", "https://:443/a": "must name a host", "https://?a": "must name a host",
		"https://auth": "must name a host", "https://auth.example.com./": "must name a host", "https://a..b/": "must name a host",
		"https://-a.example.com/": "must name a host", "https://a_b.example.com/": "must name a host", "https://" + strings.Repeat("a", 64) + ".com": "must name a host",
		"https://127.1/": "must name a host", "https://0x7f000001/": "must name a host", "https://2130706433/": "must name a host",
		"https://127.0.0.01/": "must name a host", "https://0177.0.0.1/": "must name a host", "https://a.example.0x7f/": "must name a host",
		"https://1.2.3.4.5/": "must name a host", "https://[1.2.3.4]/": "must be a URL", "https://[fe80::1%25eth0]/": "must name a host",
		"https://[::1": "must be a URL", "https://a.example.com/%zz": "must be a URL", "https://a.example.com:port/": "must be a URL",
		"https://%31%32%37.0.0.1/": "must be a URL", "https://a.example.com:-1/": "must be a URL",

		"https://user:password@auth.example.com/a": "no user and no password", "https://user@auth.example.com/a": "no user and no password",
		"https://@auth.example.com/a": "no user and no password", "https://:@auth.example.com/a": "no user and no password",
		"https://auth.example.com/?token=1": "no secret", "https://auth.example.com/?a=b&api_KEY=1": "no secret", "https://auth.example.com/?code=1": "no secret",
		"https://auth.example.com/?to%6ben=1": "no secret", "https://auth.example.com/?a;b": "no secret",
		"https://auth.example.com/#a": "no fragment", "https://auth.example.com/#": "no fragment",
		"https://auth.example.com:8443/a": "port 443", "https://auth.example.com:80/a": "port 443", "https://auth.example.com:65536/a": "port 443",
		"https://auth.example.com:/a":              "leave the colon out",
		"https://a.b/" + strings.Repeat("x", 2048): "at most 2048",

		"https://localhost/": "not be the task itself", "https://LOCALHOST/": "not be the task itself", "https://a.localhost:8443/": "not be the task itself",
		"https://127.0.0.1/": "not be the task itself", "https://127.255.1.1:8443/": "not be the task itself", "https://[::1]/": "not be the task itself",
		"https://[::ffff:127.0.0.1]/": "not be the task itself", "https://[::127.0.0.1]/": "not be the task itself", "https://0.0.0.0/": "not be the task itself",
		"https://169.254.169.254/latest": "not be the task itself", "https://169.254.170.2/v2": "not be the task itself", "https://[::ffff:a9fe:a9fe]/": "not be the task itself",
		"https://[fe80::1]/": "not be the task itself", "https://[fd00:ec2::254]/": "not be the task itself", "https://255.255.255.255/": "not be the task itself",
		"https://[ff02::1]/": "not be the task itself",
	} {
		problems := problemsOf(t, with(and(webhook(url), "platform.protect", true)), Options{})
		require.Len(t, problems, 1, "%s: %v", url, problems)
		assert.Equal(t, keyWebhook, problems[0].Key, url)
		assert.Contains(t, problems[0].Rule, want, url)
		assert.NotContains(t, problems[0].String(), "password@", "a message shows no password")
		assert.NotContains(t, problems[0].String(), "token=1", "and no token")
	}
	problems := problemsOf(t, with(webhook("https://user:password@localhost:0/?token=a#b")), Options{})
	assert.Len(t, problems, 4, "all at once: %v", problems)
	problems = problemsOf(t, with(map[string]any{keyAuth: "http://user:password@a.example.com/"}), Options{})
	require.Len(t, problems, 1)
	assert.NotContains(t, problems[0].String(), "password")
}

// Whatever is taken is one line of characters that mean nothing between quotes, behind https:// and to another host.
func TestWhatIsTakenCanBePasted(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{
		"https://", "http://", "a", "auth.example.com", "localhost", "127.0.0.1", "[::1]", ":443", ":8443", "/", "?", "#", "@", "user:pw@", "%20", "%", "token=1",
		" ", "\"", "'", "\\", "${X}", "$", "{", "\n", "\u00e9", ".", "0x7f", "1", "&",
	})
	rapid.Check(t, func(t *rapid.T) {
		url := "https://" + strings.Join(rapid.SliceOfN(part, 0, 6).Draw(t, "parts"), "")
		if rapid.Bool().Draw(t, "any") {
			url = rapid.String().Draw(t, "text")
		}
		if len(webhookRules(url, true)) > 0 {
			return
		}
		for _, bad := range []string{" ", "\"", "'", "`", "\\", "${", "#", "\n", "\t"} {
			if strings.Contains(url, bad) {
				t.Fatalf("%q was taken", url)
			}
		}
		if !strings.HasPrefix(url, "https://") {
			t.Fatalf("%q was taken", url)
		}
	})
}
