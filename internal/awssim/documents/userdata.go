package documents

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const userDataLimit = 16 << 10 // bytes before base64 (EC2 User Guide, "Run commands when you launch an EC2 instance")

// UserData is what a host's start-up script says of ECS.
type UserData struct {
	Cluster string            // ECS_CLUSTER; "default" when the agent's configuration does not name one
	Agent   map[string]string // the agent's settings
}

var (
	agentLine    = regexp.MustCompile(`^(?:echo\s+)?["']?(ECS_[A-Z_]+)=([^"'\s>]*)["']?(?:\s*>>?\s*/etc/ecs/ecs\.config)?$`)
	ClusterNames = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
)

// ReadUserData reads base64-encoded user data: a shell script, cloud-config or a MIME document of such parts.
func ReadUserData(encoded string) (UserData, error) {
	p := userDataTexts.Of(encoded, func() (p readUserData) {
		p.data, p.err = parseUserDataAnew(encoded)
		return p
	})
	return p.data, p.err
}

type readUserData struct {
	data UserData
	err  error
}

var userDataTexts Memo[string, readUserData]

func parseUserDataAnew(encoded string) (UserData, error) {
	out := UserData{Cluster: "default", Agent: map[string]string{}}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return out, fmt.Errorf("not base64: %w", err)
	}
	text := string(raw)
	if len(raw) > userDataLimit {
		return out, fmt.Errorf("%d bytes, more than the %d allowed", len(raw), userDataLimit)
	}
	if !utf8.Valid(raw) || !strings.HasPrefix(text, "#!") && !strings.HasPrefix(text, "#cloud-config") &&
		!strings.HasPrefix(text, "MIME-Version:") && !strings.HasPrefix(text, "Content-Type: multipart/") {
		return out, fmt.Errorf("begins neither with #! nor #cloud-config nor a MIME header, so no host would run it")
	}
	if !strings.Contains(text, "/etc/ecs/ecs.config") {
		return out, nil
	}
	for line := range strings.Lines(text) {
		m := agentLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		out.Agent[m[1]] = m[2]
	}
	if name, ok := out.Agent["ECS_CLUSTER"]; ok {
		if !ClusterNames.MatchString(name) {
			return out, fmt.Errorf("ECS_CLUSTER=%s: not the name of a cluster", name)
		}
		out.Cluster = name
	}
	return out, nil
}
