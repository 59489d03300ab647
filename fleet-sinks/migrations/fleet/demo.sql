-- Customers, vehicles and people of the described demos. Never applied by itself: it is asked for by name.
INSERT INTO fleet.customers (tenant, name, kafka_topic) VALUES
    ('customer_a', 'Customer A', 'customer_a_telemetry'),
    ('customer_b', 'Customer B', 'customer_b_telemetry'),
    ('vehicleops', 'VehicleOps', 'fleet.telemetry.raw')
ON CONFLICT DO NOTHING;

INSERT INTO fleet.regions (tenant, region_id, name)
SELECT tenant, region_id, initcap(region_id)
FROM unnest(ARRAY['customer_a', 'customer_b']) AS tenant, unnest(ARRAY['WEST', 'EAST', 'CENTRAL']) AS region_id
ON CONFLICT DO NOTHING;

INSERT INTO fleet.territories (tenant, region_id, territory_id, name)
SELECT tenant, region_id, format('%s_%s', region_id, n), format('%s %s', initcap(region_id), n)
FROM fleet.regions, generate_series(1, 2) AS n
WHERE tenant IN ('customer_a', 'customer_b')
ON CONFLICT DO NOTHING;

-- v_a_w1_001: customer, first letter of the region and number of the territory, number of the vehicle.
INSERT INTO fleet.vehicles (tenant, vehicle_id, region_id, territory_id, access_roles)
SELECT tenant,
    format('v_%s_%s%s_%s', right(tenant, 1), lower(left(region_id, 1)), right(territory_id, 1), to_char(n, 'FM000')),
    region_id, territory_id,
    format(',territory_%s,region_%s,admin_all,', lower(territory_id), lower(region_id))
FROM fleet.territories, generate_series(1, 5) AS n
WHERE tenant IN ('customer_a', 'customer_b')
ON CONFLICT DO NOTHING;

INSERT INTO fleet.users (tenant, user_name, access_roles)
SELECT tenant, user_name, access_roles
FROM unnest(ARRAY['customer_a', 'customer_b']) AS tenant,
    (VALUES ('territory_manager_1', ',territory_west_1,'), ('regional_manager_1', ',region_west,'),
        ('demo_admin', ',admin_all,')) AS people (user_name, access_roles)
ON CONFLICT DO NOTHING;

INSERT INTO fleet.fleets (tenant, fleet_id, name) VALUES ('vehicleops', 'fleet-demo-001', 'Demo')
ON CONFLICT DO NOTHING;
INSERT INTO fleet.vehicles (tenant, vehicle_id, fleet_id, access_roles)
SELECT 'vehicleops', format('fleet-demo-001-VH-%s', to_char(n, 'FM000')), 'fleet-demo-001', ',fleet-demo-001,'
FROM generate_series(1, 20) AS n
ON CONFLICT DO NOTHING;
INSERT INTO fleet.operators (tenant, operator_id, email, fleet_ids)
VALUES ('vehicleops', 'op-001', 'operator@example.com', '{fleet-demo-001}')
ON CONFLICT DO NOTHING;
