package services

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const typeDocument = "aws:ssm/document:Document"

const longestDocument = 64 * 1024 // bytes; Systems Manager User Guide, "Systems Manager quotas"

var _ = cloud.Register(&cloud.Kind{
	Type: typeDocument, Service: "SSM", Noun: "Document", UpdateCall: "UpdateDocument",
	Name: &cloud.AutoName{Property: "name", Max: 128},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "DocumentAlreadyExists",
		Message: "Document with same name {value} already exists", Rule: "Systems Manager API, CreateDocument"}}},
	Check: func(c *cloud.Checker) {
		c.Only("documentFormat", "JSON")
		c.Only("documentType", "Session")
		c.Unmodelled("attachmentsSources", "permissions", "targetType", "versionName")
		if len(c.Problems) == 0 {
			c.Document("content", documents.CheckSessionDocument)
		}
	},
	Create: createDocument,
	Update: func(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
		last, _ := strconv.Atoi(cloud.Str(old, "latestVersion"))
		if cloud.Str(old, "content") != r.Str("content") {
			last++
		}
		return applyDocument(r, last)
	},
	Recomputed: []string{"latestVersion", "defaultVersion", "documentVersion", "hash"},
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
		Source: "as an SSM parameter (guess)"},
})

func createDocument(t *cloud.Tx, r *cloud.Resource) error {
	r.ID = r.Str("name")
	if lower := strings.ToLower(r.ID); strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "amazon") || strings.HasPrefix(lower, "amzn") {
		return cloud.Refuse("ValidationException", "Systems Manager API, CreateDocument: Name", "Document names may not begin with aws, amazon or amzn: %s", r.ID)
	}
	r.State["arn"] = t.ARN("ssm", "document/"+r.ID)
	cloud.Computed(r, cloud.Map{
		"createdDate": t.Now().Format(time.RFC3339), "owner": t.Account(), "parameters": []any{}, "platformTypes": cloud.List("Windows", "Linux", "MacOS"),
		"description": "", "schemaVersion": "1.0", "status": "Active", "hashType": "Sha256",
	})
	return applyDocument(r, 1)
}

func applyDocument(r *cloud.Resource, version int) error {
	if len(r.Str("content")) > longestDocument {
		return cloud.Refuse("MaxDocumentSizeExceeded", "Systems Manager API, CreateDocument", "The size limit of a document is 64 KB.")
	}
	r.State["latestVersion"], r.State["defaultVersion"], r.State["documentVersion"] = strconv.Itoa(version), strconv.Itoa(version), strconv.Itoa(version)
	r.State["hash"] = fmt.Sprintf("%x", sha256.Sum256([]byte(r.Str("content"))))
	return nil
}
