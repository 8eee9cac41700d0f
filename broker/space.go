package broker

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tqbench/tqbench/internal/interrupt"
)

// spaceLimit bounds the removal of a space, interruptedLimit that of one whose run was interrupted.
const (
	spaceLimit       = 30 * time.Second
	interruptedLimit = 1500 * time.Millisecond
)

// ErrLeft marks what could not be removed from a broker that isn't ours.
var ErrLeft = errors.New("left on the broker")

// spaced is a database server of which only a space of our own is used.
type spaced struct {
	Broker
	// server is attached to what the URL names; remove takes the space away from it.
	server Broker
	remove func(context.Context) error
	// run is the context of the run whose space it is.
	run context.Context
}

// Close disconnects and removes the space with all that is in it.
func (s *spaced) Close() error {
	ctx, cancel := interrupt.Patience(s.run, spaceLimit, interruptedLimit)
	defer cancel()
	err := s.Broker.Close()
	if rerr := s.remove(ctx); rerr != nil {
		err = errors.Join(err, fmt.Errorf("%w: remove what tqbench made on the server: %s", ErrLeft, oneLine(rerr)))
	}
	return errors.Join(err, s.server.Close())
}

// within makes a space with one statement and attaches to it; another statement removes it.
func within(ctx context.Context, server Broker, exec func(ctx context.Context, statement string) error, create, drop, what string,
	attach func(context.Context, string) (Broker, error), rawURL string) (Broker, error) {
	if err := exec(ctx, create); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: the user of the URL can't make the %s that tqbench's tables would stand in, apart from all others: "+
			"let the user make one, or give another: %s", ErrSetup, what, oneLine(err))
	}
	s := &spaced{server: server, run: ctx, remove: func(ctx context.Context) error { return exec(ctx, drop) }}
	var err error
	if s.Broker, err = attach(ctx, rawURL); err != nil {
		patient, cancel := interrupt.Patience(ctx, spaceLimit, interruptedLimit)
		defer cancel()
		return nil, errors.Join(err, s.remove(patient))
	}
	return s, nil
}

// postgresWithin makes a schema, in which each connection of the URL looks for tables and makes them.
func postgresWithin(ctx context.Context, b Broker, space string) (Broker, error) {
	p, ok := b.(*postgres)
	if !ok {
		return nil, fmt.Errorf("%w: no PostgreSQL", ErrSetup)
	}
	name := pgx.Identifier{space}.Sanitize()
	exec := func(ctx context.Context, statement string) error {
		_, err := p.pool.Exec(ctx, statement)
		return err
	}
	// libpq, asyncpg and pgx all hand options on to the server.
	and := "?"
	if strings.Contains(p.url, "?") {
		and = "&"
	}
	option := and + "options=" + url.QueryEscape("-csearch_path="+space)
	return within(ctx, b, exec, "CREATE SCHEMA IF NOT EXISTS "+name, "DROP SCHEMA IF EXISTS "+name+" CASCADE", "schema", attachPostgres, p.url+option)
}

// mysqlWithin makes a database, whose name takes the place of the URL's.
func mysqlWithin(ctx context.Context, b Broker, space string) (Broker, error) {
	m, ok := b.(*mysqlBroker)
	if !ok {
		return nil, fmt.Errorf("%w: no MySQL", ErrSetup)
	}
	name := "`" + strings.ReplaceAll(space, "`", "``") + "`"
	exec := func(ctx context.Context, statement string) error {
		_, err := m.db.ExecContext(ctx, statement)
		return err
	}
	// The rest of the URL stays as it is written: to write it anew may escape a password in another way.
	start := strings.Index(m.url, "://") + len("://")
	path := start + strings.Index(m.url[start:], "/")
	rest := m.url[path+1:]
	query := ""
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		query = rest[i:]
	}
	return within(ctx, b, exec, "CREATE DATABASE IF NOT EXISTS "+name+" CHARACTER SET utf8mb4", "DROP DATABASE IF EXISTS "+name, "database",
		attachMySQL, m.url[:path+1]+url.PathEscape(space)+query)
}
