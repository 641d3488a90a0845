package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// later moves the clock on.
func (d *dataCloud) later(by time.Duration) { d.clock.now = d.clock.now.Add(by) }

// fresh makes what is made from now on unseen by other services: it was made this very moment.
func (d *dataCloud) fresh(typ, id string) {
	d.Helper()
	r := held(d.Cloud, typ, home, id)
	require.NotNil(d, r, "%s %s", typ, id)
	r.Born = d.clock.now
}

// attempt makes one attempt at a creation, without the provider's retries.
func (d *dataCloud) attempt(typ string, inputs cloud.Map) error {
	d.Helper()
	return d.StartCreate(home, typ, "", inputs).Attempt()
}

func policyFor(principal, action string) string {
	text, _ := json.Marshal(cloud.Map{"Version": "2012-10-17", "Statement": cloud.List(
		cloud.Map{"Effect": "Allow", "Principal": cloud.Map{"AWS": "arn:aws:iam::111122223333:root"}, "Action": "*", "Resource": "*"},
		cloud.Map{"Effect": "Allow", "Principal": cloud.Map{"AWS": principal}, "Action": action, "Resource": "*"})})
	return string(text)
}

// A new identity is unknown to the services for some seconds. The provider repeats the call for two minutes, and the
// refusal says so.
func TestNewIdentitiesAreUnknownForAWhile(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/new"
	trusting := func(service string) cloud.Map {
		return cloud.Map{"name": "new", "assumeRolePolicy": fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}}`, service)}
	}
	for name, tc := range map[string]struct {
		service string // that the role is for
		code    string
		inputs  func(d *dataCloud) (typ string, inputs cloud.Map)
	}{
		"flow log": {"vpc-flow-logs.amazonaws.com", "InvalidParameter", func(d *dataCloud) (string, cloud.Map) {
			d.make(typeLogGroup, cloud.Map{"name": "flows"})
			d.make(typeRolePolicy, cloud.Map{"role": "new", "name": "p", "policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}`})
			return typeFlowLog, cloud.Map{"vpcId": "vpc-1", "trafficType": "ALL", "iamRoleArn": role, "logGroupName": "flows"}
		}},
		"key policy": {"ec2.amazonaws.com", "MalformedPolicyDocumentException", func(*dataCloud) (string, cloud.Map) {
			return typeKey, cloud.Map{"policy": policyFor(role, "kms:Decrypt")}
		}},
		"secret policy": {"ec2.amazonaws.com", "MalformedPolicyDocumentException", func(*dataCloud) (string, cloud.Map) {
			return typeSecret, cloud.Map{"name": "s", "policy": policyFor(role, "secretsmanager:GetSecretValue")}
		}},
		"trust": {"ec2.amazonaws.com", "MalformedPolicyDocument", func(*dataCloud) (string, cloud.Map) {
			return typeRole, cloud.Map{"name": "other", "assumeRolePolicy": fmt.Sprintf(
				`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}}`, role)}
		}},
		"profile": {"ec2.amazonaws.com", "NoSuchEntity", func(*dataCloud) (string, cloud.Map) {
			return typeProfile, cloud.Map{"name": "p", "role": "new"}
		}},
		"event rule": {"events.amazonaws.com", "ValidationException", func(*dataCloud) (string, cloud.Map) {
			return typeEventRule, cloud.Map{"name": "r", "scheduleExpression": "rate(1 day)", "roleArn": role}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDataCloud(t)
			d.make(typeRole, trusting(tc.service))
			typ, inputs := tc.inputs(d)
			d.fresh(typeRole, "new")
			err := d.attempt(typ, inputs)
			require.Equal(t, tc.code, cloud.Code(err), "%v", err)
			require.Equal(t, iamPropagation, retryOf(err), "%v", err)
			d.later(cloud.KindOf(typeRole).Propagation.Max)
			require.NoError(t, d.attempt(typ, inputs))
		})
	}
}

// EC2 does not see a new instance profile, and Auto Scaling refuses a template that names one.
func TestNewProfilesAreUnknownToEC2(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.fresh(typeProfile, f.profile)
	inputs := with(f.groupInputs(), cloud.Map{"name": "more"})
	err := f.attempt(typeGroup, inputs)
	f.message(err, "ValidationError", "Invalid IAM Instance Profile ARN")
	require.Equal(t, iamPropagation, retryOf(err))
	f.message(f.attempt(typeGroup, with(inputs, cloud.Map{"launchTemplate": cloud.Map{"id": f.template, "version": "9"}})), "ValidationError", "Could not find the specified version")
	require.Zero(t, retryOf(f.attempt(typeGroup, with(inputs, cloud.Map{"launchTemplate": cloud.Map{"id": f.template, "version": "9"}}))), "no wait makes a version")
	f.later(cloud.KindOf(typeProfile).Propagation.Max)
	require.NoError(t, f.attempt(typeGroup, inputs))
}

// Things that have not reached the service they are named to are refused by that service's own code.
func TestNewThingsReachOtherServicesLater(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, targets, _ := e.balanced()
	acl, state := e.make(typeWebACL, cloud.Map{"name": "a", "scope": "REGIONAL", "defaultAction": cloud.Map{"allow": cloud.Map{}},
		"visibilityConfig": cloud.Map{"metricName": "m", "cloudwatchMetricsEnabled": true, "sampledRequestsEnabled": true}})
	association := cloud.Map{"webAclArn": state["arn"], "resourceArn": balancer}
	e.fresh(typeWebACL, acl)
	err := e.attempt(typeWebAssociation, association)
	if err != nil { // a web ACL may reach everywhere at once
		require.Equal(t, "WAFUnavailableEntityException", cloud.Code(err))
		require.Equal(t, 5*time.Minute, retryOf(err))
		e.later(cloud.KindOf(typeWebACL).Propagation.Max)
		require.NoError(t, e.attempt(typeWebAssociation, association))
	}

	certificate := e.issued()
	e.later(time.Hour)
	e.fresh(typeCertificate, certificate)
	listener := cloud.Map{"loadBalancerArn": balancer, "port": 443.0, "protocol": "HTTPS", "certificateArn": certificate, "sslPolicy": testPolicy, "defaultActions": forward(targets)}
	e.refusedUntil(typeCertificate, "CertificateNotFound", 5*time.Minute, typeListener, listener)

	e.make(typeBucket, cloud.Map{"bucket": "fresh-bucket"})
	e.fresh(typeBucket, "fresh-bucket")
	e.refusedUntil(typeBucket, "NoSuchBucket", 2*time.Minute, typePublicBlock, cloud.Map{"bucket": "fresh-bucket"})

	_, zone := e.make(typeZone, cloud.Map{"name": "new.deepstreamhub.com"})
	e.fresh(typeZone, cloud.Str(zone, "zoneId"))
	e.refusedUntil(typeZone, "NoSuchHostedZone", time.Minute, typeRecord,
		cloud.Map{"zoneId": zone["zoneId"], "name": "a", "type": "TXT", "ttl": 60.0, "records": cloud.List("x")})
}

// refusedUntil expects a creation to be refused by the code until everybody has heard of what it names.
func (d *dataCloud) refusedUntil(unseen, code string, retry time.Duration, typ string, inputs cloud.Map) {
	d.Helper()
	err := d.attempt(typ, inputs)
	require.Equal(d, code, cloud.Code(err), "%v", err)
	require.Equal(d, retry, retryOf(err))
	d.later(cloud.KindOf(unseen).Propagation.Max)
	require.NoError(d, d.attempt(typ, inputs))
}

// An address cannot be released for some seconds after its gateway is gone, and nothing repeats the call.
func TestAddressesStayTakenAfterTheirGateway(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	nat, address, _ := n.nat(n.a)
	gone := n.StartDelete(home, typeNAT, nat, nil)
	_, done := gone.Step()
	require.False(t, done)
	r := held(n.Cloud, typeNAT, home, nat)
	n.clock.now = r.Gone // AWS has deleted it; the provider has not looked again
	n.List()             // whoever looks, settles it
	err := n.gone(typeEIP, address, nil)
	require.Equal(t, "AuthFailure", cloud.Code(err))
	require.Zero(t, retryOf(err))
	n.later(cloud.KindOf(typeNAT).ReleaseDelay.Max)
	n.goes(typeEIP, address)
}

// What a call that was cut off left AWS at work on takes no change meanwhile.
func TestWhatAWSIsAtWorkOnIsBusy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typ, code string
		retry     time.Duration
		make      func(f *fleet) (id string, inputs cloud.Map)
		update    bool
	}{
		"service": {typeService, invalidECSParameter, 20 * time.Minute, func(f *fleet) (string, cloud.Map) {
			f.task()
			inputs := f.serviceInputs("deepstream")
			id, _ := f.make(typeService, inputs)
			return id, inputs
		}, false},
		"group":     {typeGroup, "ScalingActivityInProgress", 10 * time.Minute, func(f *fleet) (string, cloud.Map) { return f.group, f.groupInputs() }, false},
		"providers": {typeClusterProviders, "UpdateInProgressException", 10 * time.Minute, func(f *fleet) (string, cloud.Map) { return "main", f.read(typeClusterProviders, "main") }, true},
		"database": {typeDBCluster, "InvalidDBClusterStateFault", 2 * time.Minute, func(f *fleet) (string, cloud.Map) {
			inputs := f.database()
			id, _ := f.make(typeDBCluster, inputs)
			return id, inputs
		}, true},
		"cache": {typeReplicationGroup, "InvalidReplicationGroupState", 10 * time.Minute, func(f *fleet) (string, cloud.Map) {
			inputs := f.cache()
			id, _ := f.make(typeReplicationGroup, inputs)
			return id, inputs
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			id, inputs := tc.make(f)
			r := held(f.Cloud, tc.typ, home, id)
			r.Busy = f.clock.now.Add(time.Hour)
			call := f.StartDelete(home, tc.typ, id, inputs)
			err := call.Attempt()
			require.Equal(t, tc.code, cloud.Code(err))
			require.Equal(t, tc.retry, retryOf(err))
			if tc.update {
				require.Equal(t, tc.code, cloud.Code(f.StartUpdate(home, tc.typ, id, inputs).Attempt()))
			}
			f.later(time.Hour)
			require.NotEqual(t, tc.code, cloud.Code(call.Attempt()))
		})
	}
}

// A cluster whose instances are being deleted may be deleted, and goes after them (facts 87).
func TestClusterGoesAfterItsInstances(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	inputs := f.database()
	database, _ := f.make(typeDBCluster, inputs)
	id, _ := f.make(typeDBInstance, cloud.Map{"clusterIdentifier": database, "engine": "aurora-postgresql", "instanceClass": "db.r6g.large", "identifier": "one"})
	deletion := f.StartDelete(home, typeDBCluster, database, cloud.Map{"skipFinalSnapshot": true})
	require.ErrorContains(t, deletion.Attempt(), "it still contains DB instances in non-deleting state")
	instance := held(f.Cloud, typeDBInstance, home, id)
	instance.Gone = f.clock.now.Add(10 * time.Minute)
	until, _ := f.StartDelete(home, typeDBCluster, database, cloud.Map{"skipFinalSnapshot": true}).Step()
	require.False(t, until.Before(instance.Gone), until)
}

// Names are given up some seconds after a forced deletion; where nothing takes time, at once.
func TestNamesAreGivenUpLater(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	secret := cloud.Map{"name": "s", "recoveryWindowInDays": 0.0}
	id, _ := d.make(typeSecret, secret)
	require.NoError(t, d.gone(typeSecret, id, secret))
	d.make(typeBucket, cloud.Map{"bucket": "bucket-again"})
	d.goes(typeBucket, "bucket-again")
	require.Equal(t, "OperationAborted", cloud.Code(d.attempt(typeBucket, cloud.Map{"bucket": "bucket-again"})))
	d.make(typeBucket, cloud.Map{"bucket": "bucket-again"}) // the provider repeats it
	d.make(typeSecret, secret)

	timeless, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	for range 2 {
		_, _, err := timeless.Create(t.Context(), home, typeBucket, cloud.Map{"bucket": "bucket-again"})
		require.NoError(t, err)
		require.NoError(t, timeless.Delete(t.Context(), home, typeBucket, "bucket-again", nil))
	}
}

// A name that differs from another's in its case alone is the other's.
func TestNamesInAnotherCaseAreTaken(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	d.make(typeCacheSubnetGroup, cloud.Map{"name": "data", "subnetIds": d.subnets})
	d.refused("CacheSubnetGroupAlreadyExists", typeCacheSubnetGroup, cloud.Map{"name": "Data", "subnetIds": d.subnets})
}

// Services make log groups that no program knows of, and that stand in a program's way afterwards.
func TestServicesLeaveTheirLogs(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	_, err := f.change(typeCluster, f.cluster, cloud.Map{"name": "main", "settings": []any{cloud.Map{"name": "containerInsights", "value": "enabled"}}})
	require.NoError(t, err)
	f.task()
	id, _ := f.make(typeService, f.serviceInputs("deepstream"))
	require.NoError(t, f.gone(typeService, id, nil))
	database, _ := f.make(typeDBCluster, f.database())
	f.make(typeDBInstance, cloud.Map{"clusterIdentifier": database, "engine": "aurora-postgresql", "instanceClass": "db.r6g.large", "identifier": "one"})
	for _, name := range []string{"/aws/ecs/containerinsights/main/performance", "/aws/rds/cluster/" + database + "/postgresql"} {
		f.refused("ResourceAlreadyExistsException", typeLogGroup, cloud.Map{"name": name})
	}
	other := newFleet(t)
	other.task()
	other.make(typeService, other.serviceInputs("deepstream"))
	other.make(typeLogGroup, cloud.Map{"name": "/aws/ecs/containerinsights/main/performance"}) // insights are off
}

// retryOf is for how long a refusal is repeated; zero for none, and for what is no refusal of AWS.
func retryOf(err error) time.Duration {
	if e, ok := errors.AsType[*cloud.Error](err); ok {
		return e.Retry
	}
	return 0
}
