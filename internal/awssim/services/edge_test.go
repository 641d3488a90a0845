package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const (
	testDomain  = "eu.deepstreamhub.com"
	noARN       = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:none/none/0"
	testPolicy  = "ELBSecurityPolicy-TLS13-1-2-2021-06"
	logDelivery = `{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*"}`
)

// edgeCloud is an account with what a load balancer stands in: a VPC with an internet gateway, and a hosted zone.
type edgeCloud struct {
	*dataCloud
	zone string
}

func newEdgeCloud(t *testing.T) *edgeCloud {
	t.Helper()
	e := &edgeCloud{dataCloud: newDataCloud(t)}
	e.place("aws:ec2/internetGateway:InternetGateway", "igw-1", cloud.Map{"vpcId": "vpc-1"})
	for _, r := range e.List() {
		if r.Type == typeZone {
			e.zone = r.ID
		}
	}
	require.NotEmpty(t, e.zone)
	return e
}

// refusedChange expects AWS to refuse an update by that code, and the resource to stay as it was.
func (e *edgeCloud) refusedChange(code, typ, id string, inputs cloud.Map) {
	e.Helper()
	before := e.read(typ, id)
	_, err := e.change(typ, id, inputs)
	require.Equalf(e, code, cloud.Code(err), "%v", err)
	require.Equal(e, before, e.read(typ, id))
}

func edgeBalancer() cloud.Map {
	return cloud.Map{"name": "edge", "subnets": cloud.List("subnet-a", "subnet-b"), "securityGroups": cloud.List("sg-1"), "idleTimeout": 120.0}
}

func edgeTargets() cloud.Map {
	return cloud.Map{"name": "targets", "targetType": "ip", "protocol": "HTTP", "port": 6020.0, "vpcId": "vpc-1",
		"healthCheck": cloud.Map{"path": "/health-check", "interval": 10.0, "timeout": 5.0}}
}

func forward(target string) []any {
	return []any{cloud.Map{"type": "forward", "targetGroupArn": target}}
}

// balanced makes a load balancer, a target group and an HTTP listener on port 80 that forwards to it.
func (e *edgeCloud) balanced() (balancer, targets, listener string) {
	e.Helper()
	balancer, _ = e.make(typeLoadBalancer, edgeBalancer())
	targets, _ = e.make(typeTargetGroup, edgeTargets())
	listener, _ = e.make(typeListener, cloud.Map{"loadBalancerArn": balancer, "port": 80.0, "defaultActions": forward(targets)})
	return balancer, targets, listener
}

// issued makes a certificate that ACM has issued.
func (e *edgeCloud) issued() string {
	e.Helper()
	id, _ := e.make(typeCertificate, cloud.Map{"domainName": testDomain, "validationMethod": "DNS"})
	e.make(typeRecord, e.challenge(id))
	e.make(typeValidation, cloud.Map{"certificateArn": id})
	return id
}

// challenge returns the record that a certificate asks for.
func (e *edgeCloud) challenge(certificate string) cloud.Map {
	option := cloud.Maps(e.read(typeCertificate, certificate), "domainValidationOptions[]")[0]
	return cloud.Map{"zoneId": e.zone, "type": "CNAME", "ttl": 60.0, "name": option["resourceRecordName"], "records": cloud.List(option["resourceRecordValue"])}
}
