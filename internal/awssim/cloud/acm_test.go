package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCertificate(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	names := Map{"domainName": testDomain, "subjectAlternativeNames": List("deepstreamhub.com"), "validationMethod": "DNS", "tags": Map{"a": "b"}}
	id, state := e.make(typeCertificate, names)
	require.Regexp(t, `^arn:aws:acm:eu-central-1:111122223333:certificate/[0-9a-f-]{36}$`, id)
	require.Equal(t, "PENDING_VALIDATION", state["status"])
	require.Equal(t, List(testDomain, "deepstreamhub.com"), state["subjectAlternativeNames"], "the first name is one of them")
	require.Len(t, state["domainValidationOptions"], 2)
	require.Equal(t, Map{"a": "b"}, state["tagsAll"])

	// Whoever in the account asks for a name is given the same record, in every region.
	_, other, err := e.Create(t.Context(), "us-east-1", typeCertificate, Map{"domainName": "deepstreamhub.com", "validationMethod": "DNS"})
	require.NoError(t, err)
	require.Equal(t, Maps(state, "domainValidationOptions[]")[1], Maps(other, "domainValidationOptions[]")[0])
	for _, p := range []string{"domainName", "subjectAlternativeNames[0]", "validationMethod", "keyAlgorithm"} {
		require.True(t, kinds[typeCertificate].Replaces(p), p)
	}
	require.NoError(t, e.gone(typeCertificate, id, nil))
}

func TestCertificateRefusals(t *testing.T) {
	t.Parallel()
	var names []any
	for i := range nameLimit {
		names = append(names, fmt.Sprintf("n%d.deepstreamhub.com", i))
	}
	e := newEdgeCloud(t)
	e.refused("LimitExceededException", typeCertificate, Map{"domainName": testDomain, "subjectAlternativeNames": names, "validationMethod": "DNS"})
	refusesInputs(t, typeCertificate, Map{"domainName": testDomain, "validationMethod": "DNS"}, []badInput{
		{"domainName", testDomain + "."}, {"domainName", "not a name"}, {"domainName", "a.*.com"}, {"domainName", strings.Repeat("x", 48) + ".deepstreamhub.com"},
		{"subjectAlternativeNames", List("x.")}, {"validationMethod", "HTTP"}, {"keyAlgorithm", "DSA"},
	})
	for _, p := range []string{"domainName", "validationMethod"} {
		require.NotEmpty(t, problems(typeCertificate, with(Map{"domainName": testDomain, "validationMethod": "DNS"}, Map{p: nil})), p)
	}
	for _, p := range []string{"privateKey", "certificateBody", "certificateChain", "certificateAuthorityArn"} {
		require.NotEmpty(t, problems(typeCertificate, Map{"domainName": testDomain, "validationMethod": "DNS", p: "x"}), p)
	}
}

func TestCertificateValidation(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	e.refused("ResourceNotFoundException", typeValidation, Map{"certificateArn": noARN})
	mail, _ := e.make(typeCertificate, Map{"domainName": testDomain, "validationMethod": "EMAIL"})
	e.refused("ValidationError", typeValidation, Map{"certificateArn": mail})
	id, _ := e.make(typeCertificate, Map{"domainName": testDomain, "validationMethod": "DNS"})
	e.refused("ValidationError", typeValidation, Map{"certificateArn": id}) // nothing is in DNS yet

	record := e.challenge(id)
	wrong, _ := e.make(typeRecord, with(record, Map{"records": List("_other.acm-validations.aws.")}))
	e.refused("ValidationError", typeValidation, Map{"certificateArn": id})
	require.NoError(t, e.gone(typeRecord, wrong, nil))
	_, state := e.make(typeRecord, record)
	e.refused("ValidationError", typeValidation, Map{"certificateArn": id, "validationRecordFqdns": List("_another.deepstreamhub.com")})
	require.Equal(t, "PENDING_VALIDATION", e.read(typeCertificate, id)["status"])

	e.make(typeValidation, Map{"certificateArn": id, "validationRecordFqdns": List(state["fqdn"])})
	issued := e.read(typeCertificate, id)
	require.Equal(t, "ISSUED", issued["status"])
	require.Equal(t, e.clock.now.Add(certificateLife).Format(time.RFC3339), issued["notAfter"])
	e.make(typeValidation, Map{"certificateArn": id}) // issued already
}
