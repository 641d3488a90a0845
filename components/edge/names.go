package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// lookUpZone finds the hosted zone. Zones outlive stacks and belong to whoever owns the domain.
func (b *builder) lookUpZone() error {
	private := false
	zone, err := route53.LookupZone(b.ctx, &route53.LookupZoneArgs{Name: &b.args.ZoneName, PrivateZone: &private}, b.child)
	if err != nil {
		return fmt.Errorf("look up hosted zone %s: %w", b.args.ZoneName, err)
	}
	b.zoneID = zone.ZoneId
	return nil
}

// issueCertificate requests a certificate for the names that lead here and waits until it is issued.
func (b *builder) issueCertificate() error {
	args := &acm.CertificateArgs{
		DomainName:       pulumi.String(b.args.Hostname),
		ValidationMethod: pulumi.String("DNS"),
	}
	if b.args.GlobalName != "" {
		args.SubjectAlternativeNames = pulumi.StringArray{pulumi.String(b.args.GlobalName)}
	}
	var err error
	if b.certificate, err = acm.NewCertificate(b.ctx, b.name+"-certificate", args, b.child); err != nil {
		return err
	}

	own, err := b.validationRecord(b.name+"-validation", b.args.Hostname, false)
	if err != nil {
		return err
	}
	records := pulumi.StringArray{own.Fqdn}
	if b.args.GlobalName != "" {
		// ACM asks for one and the same record from everyone in an account who wants a certificate for a name, whatever
		// the region ("DNS validation", AWS Certificate Manager User Guide). So every region writes it over whatever is
		// there, and none takes it away: the others need it to have their certificates renewed.
		shared, err := b.validationRecord(b.name+"-global-validation", b.args.GlobalName, true, pulumi.RetainOnDelete(true))
		if err != nil {
			return err
		}
		records = append(records, shared.Fqdn)
	}

	issued, err := acm.NewCertificateValidation(b.ctx, b.name+"-issued", &acm.CertificateValidationArgs{
		CertificateArn:        b.certificate.Arn,
		ValidationRecordFqdns: records,
	}, b.child)
	if err != nil {
		return err
	}
	b.certificateArn = issued.CertificateArn
	b.edge.CertificateArn = issued.CertificateArn
	return nil
}

// validationRecord makes the record by which ACM sees that a domain is ours.
func (b *builder) validationRecord(name, domain string, overwrite bool, opts ...pulumi.ResourceOption) (*route53.Record, error) {
	field := func(pick func(challenge) string) pulumi.StringOutput {
		return b.certificate.DomainValidationOptions.ApplyT(
			func(options []acm.CertificateDomainValidationOption) (string, error) {
				c, err := challengeFor(domain, options)
				return pick(c), err
			}).(pulumi.StringOutput)
	}
	args := &route53.RecordArgs{
		ZoneId:  pulumi.String(b.zoneID),
		Name:    field(func(c challenge) string { return c.name }),
		Type:    field(func(c challenge) string { return c.typ }),
		Records: pulumi.StringArray{field(func(c challenge) string { return c.value })},
		Ttl:     pulumi.Int(60),
	}
	if overwrite {
		args.AllowOverwrite = pulumi.Bool(true)
	}
	return route53.NewRecord(b.ctx, name, args, append(opts, b.child)...)
}

// challenge is the DNS record that ACM wants to see before it issues a certificate for a domain.
type challenge struct{ name, typ, value string }

// challengeFor returns a domain's challenge. The options are a set: their order has no meaning and is not ACM's own.
func challengeFor(domain string, options []acm.CertificateDomainValidationOption) (challenge, error) {
	for _, o := range options {
		if o.DomainName == nil || *o.DomainName != domain {
			continue
		}
		if o.ResourceRecordName == nil || o.ResourceRecordType == nil || o.ResourceRecordValue == nil {
			return challenge{}, fmt.Errorf("validate certificate for %s: ACM named no record yet", domain)
		}
		return challenge{*o.ResourceRecordName, *o.ResourceRecordType, *o.ResourceRecordValue}, nil
	}
	return challenge{}, fmt.Errorf("validate certificate for %s: not among the %d names that ACM asks about", domain, len(options))
}

// records makes the names that lead clients to the load balancer.
func (b *builder) records() error {
	own, err := b.named("-hostname", func() *route53.RecordArgs { return b.alias(b.args.Hostname) })
	if err != nil {
		return err
	}
	b.edge.Hostname = own.Name
	check, err := b.healthCheck()
	if err != nil {
		return err
	}
	b.edge.HealthCheckID = check.ID().ToStringOutput()
	b.edge.GlobalName = pulumi.String("").ToStringOutput()
	if b.args.GlobalName == "" {
		return nil
	}

	// Each region has one record of this name, told apart by its identifier: they do not touch each other's.
	shared, err := b.named("-global", func() *route53.RecordArgs {
		args := b.alias(b.args.GlobalName)
		args.SetIdentifier = pulumi.String(b.args.Region)
		args.LatencyRoutingPolicies = route53.RecordLatencyRoutingPolicyArray{
			&route53.RecordLatencyRoutingPolicyArgs{Region: pulumi.String(b.args.Region)},
		}
		args.HealthCheckId = check.ID()
		return args
	})
	if err != nil {
		return err
	}
	b.edge.GlobalName = shared.Name
	return nil
}

// named makes a name's record, and with IPv6 the one by which the same name leads there too. It returns the first.
func (b *builder) named(suffix string, describe func() *route53.RecordArgs) (*route53.Record, error) {
	record, err := route53.NewRecord(b.ctx, b.name+suffix, describe(), b.child)
	if err != nil || !b.args.IPv6 {
		return record, err
	}
	args := describe()
	args.Type = pulumi.String("AAAA")
	_, err = route53.NewRecord(b.ctx, b.name+suffix+"-ipv6", args, b.child)
	return record, err
}

// alias describes a name for the load balancer that is not answered with while the load balancer has no healthy target
// and another record could be.
func (b *builder) alias(name string) *route53.RecordArgs {
	return &route53.RecordArgs{
		ZoneId: pulumi.String(b.zoneID),
		Name:   pulumi.String(name),
		Type:   pulumi.String("A"),
		Aliases: route53.RecordAliasArray{&route53.RecordAliasArgs{
			Name:                 b.balancer.DnsName,
			ZoneId:               b.balancer.ZoneId,
			EvaluateTargetHealth: pulumi.Bool(true),
		}},
	}
}

// healthCheck has Route 53 ask the region from outside, on the path that the load balancer asks its targets on: two
// checks of different things could disagree, and then clients are sent to a region that answers nothing. Three failures
// ten seconds apart are within the time in which deepstream's clients still retry.
func (b *builder) healthCheck() (*route53.HealthCheck, error) {
	return route53.NewHealthCheck(b.ctx, b.name+"-health", &route53.HealthCheckArgs{
		Type:             pulumi.String("HTTPS"),
		Fqdn:             pulumi.String(b.args.Hostname),
		Port:             pulumi.Int(443),
		ResourcePath:     pulumi.String(b.args.HealthPath),
		EnableSni:        pulumi.Bool(true),
		RequestInterval:  pulumi.Int(10),
		FailureThreshold: pulumi.Int(3),
	}, b.child)
}
