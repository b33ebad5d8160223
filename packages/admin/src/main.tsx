import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { startWording } from './text/language';
import './app.css';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no element for the application.');
await startWording();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
