package documents

import (
	"fmt"
	"strconv"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// sessionDocument is the form of a Session document (Systems Manager User Guide, "Session document schema").
type sessionDocument struct {
	SchemaVersion string `json:"schemaVersion"`
	Description   string `json:"description"`
	SessionType   string `json:"sessionType"`
	Inputs        struct {
		S3BucketName                string `json:"s3BucketName"`
		S3KeyPrefix                 string `json:"s3KeyPrefix"`
		S3EncryptionEnabled         bool   `json:"s3EncryptionEnabled"`
		CloudWatchLogGroupName      string `json:"cloudWatchLogGroupName"`
		CloudWatchEncryptionEnabled bool   `json:"cloudWatchEncryptionEnabled"`
		CloudWatchStreamingEnabled  bool   `json:"cloudWatchStreamingEnabled"`
		KmsKeyID                    string `json:"kmsKeyId"`
		RunAsEnabled                bool   `json:"runAsEnabled"`
		RunAsDefaultUser            string `json:"runAsDefaultUser"`
		IdleSessionTimeout          string `json:"idleSessionTimeout"`
		MaxSessionDuration          string `json:"maxSessionDuration"`
		ShellProfile                struct {
			Windows string `json:"windows"`
			Linux   string `json:"linux"`
		} `json:"shellProfile"`
	} `json:"inputs"`
}

// CheckSessionDocument returns every problem of a Session document.
func CheckSessionDocument(text string) []facts.Problem {
	var doc sessionDocument
	problems := Decode(text, &doc)
	if len(problems) > 0 {
		return problems
	}
	fail := func(path, format string, args ...any) {
		problems = append(problems, facts.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
	}
	if doc.SchemaVersion != "1.0" {
		fail("schemaVersion", "a Session document's is 1.0, not %q", doc.SchemaVersion)
	}
	if !OneOf(doc.SessionType, "Standard_Stream InteractiveCommands NonInteractiveCommands Port") {
		fail("sessionType", "%q is no session type", doc.SessionType)
	}
	for path, limit := range map[string]struct {
		text string
		most int
	}{"inputs.idleSessionTimeout": {doc.Inputs.IdleSessionTimeout, 60}, "inputs.maxSessionDuration": {doc.Inputs.MaxSessionDuration, 1440}} {
		if n, err := strconv.Atoi(limit.text); limit.text != "" && (err != nil || n < 1 || n > limit.most) {
			fail(path, "%q must be minutes from 1 to %d, as text", limit.text, limit.most)
		}
	}
	return problems
}
