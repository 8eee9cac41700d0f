package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tqbench/tqbench/internal/interrupt"
)

// spaceLimit bounds the removal of a space, interruptedLimit that after an interruption.
const (
	spaceLimit       = 30 * time.Second
	interruptedLimit = 1500 * time.Millisecond
)

// ErrLeft marks what could not be removed from a shared broker.
var ErrLeft = errors.New("left on the broker")

// spaced is a database server of which we only use our own space.
type spaced struct {
	Broker
	// server is attached to the URL; remove removes the space.
	server Broker
	remove func(context.Context) error
	// run is the context of the space's run.
	run context.Context
}

// Unwrap is the server, attached to the space.
func (s *spaced) Unwrap() Broker { return s.Broker }

// Close disconnects and removes the space with its content.
func (s *spaced) Close() error {
	ctx, cancel := interrupt.Patience(s.run, spaceLimit, interruptedLimit)
	defer cancel()
	err := s.Broker.Close()
	rerr := s.remove(ctx)
	if errors.Is(rerr, context.DeadlineExceeded) {
		rerr = fmt.Errorf("no answer within %s, as when another session holds a lock: %w", spaceLimit, rerr)
	}
	if rerr != nil {
		err = errors.Join(err, fmt.Errorf("%w: remove what tqbench made on the server: %s", ErrLeft, oneLine(rerr)))
	}
	return errors.Join(err, s.server.Close())
}

// spaceOn makes a space with one statement and attaches to it; another statement removes it.
func spaceOn(ctx context.Context, server Broker, exec func(ctx context.Context, statement string) error, create, drop, what string,
	attach func(context.Context, string) (Broker, error), rawURL string) (Broker, error) {
	asked, cancel := context.WithTimeout(ctx, spaceLimit)
	defer cancel()
	if err := exec(asked, create); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if asked.Err() != nil {
			return nil, fmt.Errorf("%w: the server did not make the separate %s for tqbench's tables within %s: another session may hold a lock", ErrSetup, what, spaceLimit)
		}
		return nil, fmt.Errorf("%w: the user of the URL can't create the separate %s for tqbench's tables: "+
			"grant the right, or use another user: %s", ErrSetup, what, oneLine(err))
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

// postgresWithin makes a schema, in which each connection of the URL looks for tables and creates them.
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
	// libpq, asyncpg and pgx all pass options on to the server.
	in, err := withOption(p.url, "-csearch_path="+space)
	if err != nil {
		return nil, err
	}
	// A pooler may ignore options: tables would then come into a schema of others.
	attach := func(ctx context.Context, rawURL string) (Broker, error) {
		b, err := attachPostgres(ctx, rawURL)
		if err != nil {
			return nil, err
		}
		if in, ok := b.(*postgres); ok {
			var first *string
			if err = in.pool.QueryRow(ctx, "SELECT current_schema()").Scan(&first); err == nil && (first == nil || *first != space) {
				err = fmt.Errorf("%w: PostgreSQL, or a pooler in front of it, ignores the options of the URL, so that tables would not come into a schema of tqbench's: "+
					"give the server's own address", ErrSetup)
			}
		}
		if err != nil {
			return nil, errors.Join(err, b.Close())
		}
		return b, nil
	}
	return spaceOn(ctx, b, exec, "CREATE SCHEMA IF NOT EXISTS "+name, "DROP SCHEMA IF EXISTS "+name+" CASCADE", "schema", attach, in)
}

// mysqlWithin makes a database, whose name replaces the URL's.
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
	u, err := parseMySQL(m.url)
	if err != nil {
		return nil, err
	}
	u.database = space
	return spaceOn(ctx, b, exec, "CREATE DATABASE IF NOT EXISTS "+name+" CHARACTER SET utf8mb4", "DROP DATABASE IF EXISTS "+name, "database",
		attachMySQL, u.url())
}
