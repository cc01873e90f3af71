"""Who there is: users, doctors, patients, what identifies them, what doctors are qualified for and where they see patients."""
