package database

import "github.com/deepstreamhub/platform/components/internal/blocks"

// access lets clients reach the cluster.
func (b *builder) access() error {
	door, err := blocks.NewClientAccess(b.ctx, blocks.ClientAccessArgs{
		Name: b.name, VpcID: b.args.VpcID, Port: port, Server: "PostgreSQL storage", Protocol: "PostgreSQL",
	}, b.child)
	if err != nil {
		return err
	}
	b.group = door.Server
	b.db.ClientSecurityGroupID = door.Client.ID().ToStringOutput()
	b.db.Ready = append(b.db.Ready, door.Rules...)
	return nil
}
