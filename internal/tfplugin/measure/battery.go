package main

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// battery are texts of every form that AWS's properties take, good and bad. What fits a property of one form comes among the first.
var battery = []string{
	"aaaa", "bbbb", "a.example.com", "b.example.com", "arn:aws:iam::123456789012:role/aaaa", "arn:aws:iam::123456789012:role/bbbb",
	"10.0.0.0/16", "10.1.0.0/16", "10.0.0.1", "10.0.0.2", "fd00::/56", "fd01::/56", "fd00::1",
	`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`,
	`[{"name":"a","image":"b"}]`, `[{"name":"a","image":"c"}]`, `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]}`,
	`{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":4},"action":{"type":"expire"}}]}`, "{}", `{"a":"b"}`, `{"Version":"2012-10-17"}`,
	`{"Version":"2012-10-17","Statement":[]}`, "10", "20", "2h", "3h", "20m", "true", "false", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "123456789012", "210987654321",
	"https://a.example.com/x", "https://b.example.com/x", "http://a.example.com", "eu-central-1", "eu-west-1", "eu-central-1a", "cron(0 5 * * ? *)", "cron(0 6 * * ? *)", "rate(5 minutes)", "YWFhYQ==", "YmJiYg==",
	"mon:03:00-mon:04:00", "tue:03:00-tue:04:00", "Mon:03:00-Mon:04:00", "03:00-04:00", "05:00-06:00", "alias/aaaa", "alias/bbbb", "/aaaa", "/bbbb", "/", "redis6.x", "7.1", "vpc-12345678", "i-12345678", "application/json", "text/plain",
	"lt-0123456789abcdef0", "2026-01-01_00:00", "us-east-1", "p99", "tag", "aaaaaaaaaaaaaaaaaaaaaaaa", "Aaaaaaaaaaaaaaaa1!", "$Latest", "$Default", "1", "2", "0", "-1", "1.5", "", " ", "a b", "A", "a", "a-b", "a_b", "a.b", "a/b", "a:b", "a@b.c", "-a", "a-", "a--b", "1a", "é", "[]", "null", "\"a\"", " {}", "{", "arn:aws:s3:::a", "arn:aws", "10.0.0.1/16", "10.0.0.0/33", "256.0.0.0",
	"2026-01-01", "200", "200-299", "*", "aws", "HTTP", "TCP", "tcp", "all", "(", "mon:25:00-mon:26:00", "(ˆ", "provider-1", "key",
	"1h", "24h", "0s", "-1h", "999999h", "cool!", "traffic-port", "65536", "65537", "icmp", "custom-a", "aurora-postgresql", "postgres", "8.0", "AWSRDSCustomA", strings.Repeat("0a", 20), "fd00::1/56", "::/0", "0.0.0.0/0", "1.2.3.4/32", "http://", "ftp://a.b/c", "awslogs", "Z", "aws-managed", "12345678901", "xn--a", "a..b", ".a", "a.", "A1-b",
	"P1D", "PT1H", "MON:03:00-MON:04:00", "172801", "3601", "101",
}

// odds are texts of which a property with any form refuses one.
var odds = []string{"", " ", "aaaa", "a b", "é", "{", "Aa-1_./:@", "10.0.0.0/16", "-1", "(", "arn:aws:s3:::a", strings.Repeat("a", 100), "b--a-", "2026-01-01", "aaaa\n", "<script>"}

// texts returns the n-th text that a property takes.
func (p *prober) texts(at place, n int) string {
	prop := leaf(at.last())
	if prop.Limits != nil && len(prop.Allowed) > 0 {
		if s, ok := allowed(prop, n).(string); ok {
			return s
		}
	}
	found := 0
	for _, s := range battery {
		if s == "" || p.refused(at, s) != nil {
			continue
		}
		if found == n {
			return s
		}
		found++
	}
	return []string{"aaaa", "bbbb"}[n%2]
}

// allowed returns the n-th value that says something.
func allowed(prop *facts.Property, n int) any {
	some := slices.DeleteFunc(slices.Clone(prop.Allowed), func(v any) bool { return v == "" || v == 0.0 })
	if len(some) == 0 {
		some = prop.Allowed
	}
	return some[n%len(some)]
}

func (p *prober) numbers(at place, n int) float64 {
	prop := leaf(at.last())
	if prop.Limits == nil {
		p.limits(at)
	}
	if prop.Limits != nil && len(prop.Allowed) > 0 {
		if v, ok := allowed(prop, n).(float64); ok {
			return v
		}
	}
	if prop.Limits != nil && prop.Least != nil {
		return max(*prop.Least, 1) + float64(n)
	}
	if prop.Limits != nil && prop.Most != nil {
		return *prop.Most - float64(n)
	}
	return float64(1 + n)
}
