DROP TABLE notices, matters, staff_deputies;
