package cloud

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typeDocument = "aws:ssm/document:Document"

const longestDocument = 64 * 1024 // bytes; Systems Manager User Guide, "Systems Manager quotas"

var _ = register(&Kind{
	Type: typeDocument, Service: "SSM", Noun: "Document", UpdateCall: "UpdateDocument",
	Name: &AutoName{Property: "name", Max: 128},
	JSON: []string{"content"},
	Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{Code: "DocumentAlreadyExists",
		Message: "Document with same name {value} already exists", Rule: "Systems Manager API, CreateDocument"}}},
	Check: func(c *Checker) {
		c.OneOf("documentFormat", "JSON")
		c.OneOf("documentType", "Session") // the only type whose content the offline AWS reads
		c.Unmodelled("attachmentsSources", "permissions", "targetType", "versionName")
		c.document("content", documents.CheckSessionDocument)
	},
	Create: createDocument,
	Update: func(t *Tx, r *Resource, old Map) error {
		keep(r, old, "createdDate", "parameters", "platformTypes", "owner", "permissions", "targetType")
		last, _ := strconv.Atoi(Str(old, "latestVersion"))
		if Str(old, "content") != r.Str("content") {
			last++
		}
		return applyDocument(r, last)
	},
	Recomputed: []string{"latestVersion", "defaultVersion", "documentVersion", "hash"},
	Schema:     schema.Of(ssm.Document{}, ssm.DocumentArgs{}),
	Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 2),
		Source: "as an SSM parameter (guess)"},
})

func createDocument(t *Tx, r *Resource) error {
	r.ID = r.Str("name")
	if lower := strings.ToLower(r.ID); strings.HasPrefix(lower, "aws") || strings.HasPrefix(lower, "amazon") || strings.HasPrefix(lower, "amzn") {
		return Refuse("ValidationException", "Systems Manager API, CreateDocument: Name", "Document names may not begin with aws, amazon or amzn: %s", r.ID)
	}
	r.State["arn"] = t.ARN("ssm", "document/"+r.ID)
	computed(r, Map{
		"createdDate": t.Now().Format(time.RFC3339), "owner": t.Account(), "parameters": []any{}, "platformTypes": List("Windows", "Linux", "MacOS"),
		"description": "", "schemaVersion": "1.0", "status": "Active", "hashType": "Sha256",
	})
	return applyDocument(r, 1)
}

func applyDocument(r *Resource, version int) error {
	if len(r.Str("content")) > longestDocument {
		return Refuse("MaxDocumentSizeExceeded", "Systems Manager API, CreateDocument", "The size limit of a document is 64 KB.")
	}
	r.State["latestVersion"], r.State["defaultVersion"], r.State["documentVersion"] = number(version), number(version), number(version)
	r.State["hash"] = fmt.Sprintf("%x", sha256.Sum256([]byte(r.Str("content"))))
	tagsAll(r)
	return nil
}
