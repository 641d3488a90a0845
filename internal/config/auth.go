package config

import (
	"encoding/json"
	"maps"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Auth is who decides who a client is. A stack file says it in one word, auth: open, or as auth: {webhook: https://...}.
type Auth struct {
	Webhook string // https:// URL that is asked about every client; empty with Open
	Open    bool   // nobody is asked: everybody is let in
}

const (
	keyAuth    = "service.auth"
	keyWebhook = keyAuth + "." + authWebhook

	authOpen    = "open"
	authWebhook = "webhook"

	authRule = "must be {webhook: https://...}, whom servers ask who a client is, or open, which lets in everybody who can reach the region"
)

// MarshalJSON writes it as a stack file says it.
func (a Auth) MarshalJSON() ([]byte, error) {
	if a.Open {
		return json.Marshal(authOpen)
	}
	return json.Marshal(map[string]string{authWebhook: a.Webhook})
}

// decode takes the word or the map.
func (a *Auth) decode(d *decoder, key string, v any) {
	if text, isText := v.(string); isText {
		a.word(d, key, text)
		return
	}
	object, isMap := v.(map[string]any)
	if !isMap || len(object) == 0 {
		d.refuse(key, v, authRule, "")
		return
	}
	for name, value := range object {
		if name != authWebhook {
			d.refuse(key+"."+name, value, "there is no such key; known: "+authWebhook, keyWebhook)
			d.bad[key] = true
		}
	}
	if value, ok := object[authWebhook]; ok {
		d.value(keyWebhook, value, reflect.ValueOf(&a.Webhook).Elem())
		d.bad[key] = d.bad[key] || d.bad[keyWebhook]
	}
}

// word takes what is written without a map: open, behind a placeholder too.
func (a *Auth) word(d *decoder, key, text string) {
	var word string
	d.text(key, text, reflect.ValueOf(&word).Elem())
	switch {
	case d.bad[key]:
	case word == authOpen:
		a.Open = true
	case strings.Contains(word, "://"):
		d.refuse(key, withoutCredentials(word), authRule, "{"+authWebhook+": "+withoutCredentials(secure(word))+"}")
	default:
		d.refuse(key, text, authRule, "")
	}
}

func (c *checker) checkAuth() {
	auth := c.cfg.Service.Auth
	if !c.ok(keyAuth) || auth.Webhook == "" {
		return // open, or already said to be missing
	}
	if auth.Open {
		c.refuseValue(keyAuth, withoutCredentials(auth.Webhook), "must not be open beside a webhook: one of the two is meant", "")
	}
	protect, _ := c.protected()
	for _, rule := range webhookRules(auth.Webhook, protect) {
		near := withoutCredentials(secure(auth.Webhook))
		if len(webhookRules(near, protect)) > 0 {
			near = ""
		}
		c.refuseValue(keyWebhook, withoutCredentials(auth.Webhook), rule, near)
	}
	c.checkWayToWebhook()
}

// checkWayToWebhook refuses a webhook that tasks do not reach, or that is the servers themselves: every client would be
// turned away, in a region where all else is well. Without NAT, a name in a private zone cannot be told from a public one,
// so names are taken only where they say themselves that they lead to an endpoint in the VPC.
func (c *checker) checkWayToWebhook() {
	const (
		inside = "must be inside of the VPC with network.nat: none: a private address, or the name of an interface endpoint (vpce-....amazonaws.com); " +
			"tasks reach others over IPv6 alone, with network.ipv6: true"
		byIPv6 = "must not be an IPv6 address without network.ipv6: true: tasks have none to call it from"
		itself = "must not be answered by the servers that ask: at edge.hostname and edge.globalName, all that lies in the path of no further service is theirs"
	)
	network, webhook := c.cfg.Network, c.cfg.Service.Auth.Webhook
	if !c.ok("network.nat", "network.ipv6", keyWebhook) || len(webhookRules(webhook, false)) > 0 {
		return
	}
	u, err := url.Parse(webhook)
	if err != nil {
		return // said already
	}
	name := strings.ToLower(u.Hostname())
	local, _ := webhookHost(name, strings.HasPrefix(u.Host, "["))
	address, err := netip.ParseAddr(name)
	isIPv4 := err == nil && address.Unmap().Is4()
	reached := *network.IPv6 || err != nil && ofEndpoint.MatchString(name)
	if isIPv4 {
		reached = address.Unmap().IsPrivate()
	}
	switch {
	case local:
	case network.NAT == "none" && !reached:
		c.refuseValue(keyWebhook, withoutCredentials(webhook), inside, "")
	case err == nil && !isIPv4 && !*network.IPv6:
		c.refuseValue(keyWebhook, withoutCredentials(webhook), byIPv6, "")
	case c.isOwn(name) && !c.routed(u.EscapedPath()):
		c.refuseValue(keyWebhook, withoutCredentials(webhook), itself, "")
	}
}

// isOwn reports whether a name is one of the region's own.
func (c *checker) isOwn(name string) bool {
	return c.set("edge.hostname") && name == c.cfg.Edge.Hostname || c.set("edge.globalName") && name == c.cfg.Edge.GlobalName
}

// routed reports whether the load balancer gives a path to a further service.
func (c *checker) routed(path string) bool {
	if !c.ok("services") {
		return true // which said what is wrong
	}
	for name, s := range c.cfg.Services {
		if c.bad["services."+name+".path"] || s.Path != "" && strings.HasPrefix(path+"/", s.Path+"/") {
			return true
		}
	}
	return false
}

// ofEndpoint are names that hold the id of an interface endpoint, whose addresses they stand for: the endpoint's own, and
// those of private APIs behind one ("Access an AWS service using an interface VPC endpoint", AWS PrivateLink Guide;
// "Private REST APIs", Amazon API Gateway Developer Guide).
var ofEndpoint = regexp.MustCompile(`^(vpce-[0-9a-f]+-|[a-z0-9]+-vpce-[0-9a-f]+\.).*\.amazonaws\.com$`)

var (
	// webhookText are the characters of URLs (RFC 3986, section 2), less the apostrophe: servers paste the webhook into
	// the text of their configuration, between quotes.
	webhookText = regexp.MustCompile(`^[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*$`)
	// credential is a parameter's name behind which a secret stands.
	credential = regexp.MustCompile(`(?i)token|secret|passw|pwd|credential|key|sig|^(code|auth|authorization|sas)$`)
	// userinfo is what stands before a URL's host.
	userinfo = regexp.MustCompile(`^([^:/?#]*:)?//[^/?#]*@`)
	// number is a host's last part by which Node takes the whole for an IPv4 address, in whatever spelling (WHATWG URL
	// Standard, "ends in a number checker").
	number = regexp.MustCompile(`^([0-9]+|0[xX][0-9a-fA-F]*)$`)
)

// maxURL is longer than any address that somebody wrote, and the most that SNS takes (SNS API, Subscribe, Endpoint).
const maxURL = 2048

// webhookRules returns every rule that a webhook breaks.
func webhookRules(text string, protect bool) []string {
	if !strings.HasPrefix(text, "https://") {
		return []string{"must begin with https://: it is sent what clients say to prove who they are"}
	}
	u, rule := plainURL(text)
	if rule != "" {
		return []string{rule}
	}
	var rules []string
	refuse := func(bad bool, rule string) {
		if bad {
			rules = append(rules, rule)
		}
	}
	refuse(u.User != nil, "must hold no user and no password: it can be read in the stack file and in the task definition")
	refuse(hasCredential(u), "must hold no secret among its parameters: it can be read in the stack file and in the task definition")
	refuse(strings.Contains(text, "#"), "must have no fragment: it is never sent")
	local, rule := webhookHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	switch {
	case rule != "":
		refuse(true, rule)
	case local:
		refuse(protect, "must not be the task itself, nor an address of its own link, with platform.protect: true: nobody answers there but AWS's own services")
		refuse(!isPort(u.Port()), portRule)
	default:
		refuse(u.Port() != "" && u.Port() != "443", "must be at port 443: tasks may open no other port to the outside")
	}
	refuse(strings.HasSuffix(u.Host, ":"), "must name the port behind the colon, or leave the colon out")
	return rules
}

// plainURL parses what is a URL with https://, and says which rule of any such URL it breaks.
func plainURL(text string) (u *url.URL, rule string) {
	switch {
	case !webhookText.MatchString(text):
		return nil, "must have no character that a URL cannot have, and no quote: others are written as % and two hexadecimal digits"
	case len(text) > maxURL:
		return nil, "must have at most " + strconv.Itoa(maxURL) + " characters"
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, "must be a URL such as https://example.com/deepstream"
	}
	return u, ""
}

// hasCredential reports whether a URL has a parameter that is a secret by its name, or parameters that cannot be read.
func hasCredential(u *url.URL) bool {
	query, err := url.ParseQuery(u.RawQuery)
	return err != nil || slices.ContainsFunc(slices.Collect(maps.Keys(query)), credential.MatchString)
}

const portRule = "must have a port from 1 to 65535"

// isPort reports whether a URL's port is one that there is, or none.
func isPort(text string) bool {
	port, err := strconv.Atoi(text)
	return text == "" || err == nil && port >= 1 && port <= 65535
}

// here are the addresses that are not somewhere else: of the host itself, of the link, where AWS answers with instance
// metadata and credentials of tasks ("Use IMDSv2" and "Task IAM role", AWS's guides), and of nobody in particular.
var here = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("224.0.0.0/3"), netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("ff00::/8"), netip.MustParsePrefix("fd00:ec2::/32"),
}

// webhookHost says whether a host is the task itself or its link, and what is wrong with it.
func webhookHost(host string, bracketed bool) (local bool, rule string) {
	const none = "must name a host: a DNS name, or an address in its usual form"
	name := strings.ToLower(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true, ""
	}
	if address, err := netip.ParseAddr(name); err == nil {
		if address.Zone() != "" || bracketed != address.Is6() {
			return false, none
		}
		return slices.ContainsFunc(here, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) }), ""
	}
	last := name[strings.LastIndex(name, ".")+1:]
	if bracketed || !isDNSName(name) || number.MatchString(last) {
		return false, none
	}
	return false, ""
}

// secure is a URL with TLS.
func secure(text string) string {
	if rest, plain := strings.CutPrefix(text, "http://"); plain {
		return "https://" + rest
	}
	return text
}

// withoutCredentials is a URL as a message may show it: without what stands before its host and without parameters.
func withoutCredentials(text string) string {
	text, parameters, any := strings.Cut(text, "?")
	if at := userinfo.FindString(text); at != "" {
		text = at[:strings.Index(at, "//")+2] + "(credentials)@" + text[len(at):]
	}
	if any && parameters != "" {
		text += "?…"
	}
	return text
}
